/**
 * The arithmetic of a round (ALGORITHMS 1), pure: no I/O, no clock, no `Math.random`.
 *
 * ```ts
 * import { Averager, createRandom } from './protocols/averaging/index.ts'
 *
 * const rules = { codec: 'int4', mu: 0.9, kappa: 0.5, beta: 0.5, gamma: 1 } as const
 * const averager = new Averager({ rules, parameters: new Float32Array(10), random: createRandom(1) })
 * averager.adopt('neighbour', new Float32Array(10))                       // its public copy, fetched once
 * const trained = averager.parameters.map((x) => x + 1)                   // H local steps
 * averager.publish(trained, { driftWeight: 1, withMomentum: true })       // one delta for everybody
 * averager.mix([{ author: 'neighbour', weight: 1 / 2, ownDeltasSince: 0 }])
 * ```
 */
export { Averager, type AveragingRules, HISTORY_DELTAS } from './averager.ts'
export { type Codec, payloadBytes } from './codec.ts'
export { DriftCorrection, type NeighbourGradient } from './drift-correction.ts'
export { driftWeight } from './drift-weight.ts'
export { finiteTimeRounds, type MixingRound } from './finite-time.ts'
export { GRACE_WINDOW_ROUNDS, MISSED_WAITS, roundGraceMs } from './grace.ts'
export { meanOf } from './mean-of.ts'
export { median } from './median.ts'
export { medianOf } from './median-of.ts'
export { MAX_STALENESS_ROUNDS, metropolisWeight, stalenessRounds, stalenessWeight } from './mixing-weight.ts'
export { createMomentum, MOMENTUM_RULES, type Momentum, type MomentumRule } from './momentum/index.ts'
export { applyPayload } from './payload.ts'
export { PayloadError } from './payload-error.ts'
export { createRandom, type Random } from './random.ts'
export { createRobustRule, ROBUST_RULES, type RobustRule, type RobustRuleName } from './robust/index.ts'
export type { MixTerm } from './versions.ts'
