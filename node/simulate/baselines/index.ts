/**
 * Other rules with the same rows, trainers and steps, in lock-step: what the flock is compared with.
 *
 * ```ts
 * const report = await runBaseline('fedavg', { data: ['digits'], peers: 16, alpha: 0.1, seed: 1, engine: 'wasm', … })
 * const rule = fedAvg(initial, rows)     // one rule alone
 * rule.combine(trained)
 * ```
 */
export { fedAvg } from './fed-avg.ts'
export type { LockStepRule } from './lock-step.ts'
export { BASELINES, type BaselineHooks, type BaselineName, runBaseline } from './run-baseline.ts'
