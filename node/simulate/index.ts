/**
 * Many peers in one process: the participant, the vectors and the chain followers of real peers, with real signatures,
 * on a virtual clock and over links in memory.
 *
 * ```ts
 * const report = await runSimulation({ data: ['digits'], peers: 16, alpha: 0.1, seed: 1, delay: 1, loss: 0.1, … })
 * report.accuracy.mean // of the peers' own models, a fraction
 * ```
 */
export { BASELINES, type BaselineName, runBaseline } from './baselines/index.ts'
export { describeSimulation, describeStudy } from './describe-simulation.ts'
export { plotCurves } from './plot.ts'
export type { SimulationReport } from './report.ts'
export { runSimulation } from './run-simulation.ts'
export type { SimulationOptions } from './simulation-options.ts'
export { type Curve, runStudy, type StudyHooks, type Variant, type VariantReport } from './study.ts'
export { Trace } from './trace.ts'
