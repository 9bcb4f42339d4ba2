/**
 * The main job on one machine: real peers train one model together, and are measured.
 *
 * ```ts
 * const { report } = await runDemo({ data: ['digits'], peers: 5, alpha: 0.5, seed: 1, kill: 0, keep: false, … }, signal)
 * report.flock.mean // accuracy, a fraction
 * ```
 */
export { describeReport } from './report.ts'
export { type DemoInit, runDemo } from './run-demo.ts'
