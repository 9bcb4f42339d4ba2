/**
 * Other rules with the same rows, trainers and steps, in lock-step: what the flock is compared with.
 *
 * ```ts
 * const report = await runBaseline('fedavg', { data: ['digits'], peers: 16, alpha: 0.1, seed: 1, engine: 'wasm', … })
 * const rule = fedAvg(initial, rows)     // one rule alone
 * await playRound(rule, clients)
 * ```
 */
export { fedAvg } from './fed-avg.ts'
export { type Client, type LockStepRule, playRound } from './lock-step.ts'
export { BASELINES, type BaselineHooks, type BaselineName, runBaseline } from './run-baseline.ts'
