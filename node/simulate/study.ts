import { median } from '../../protocols/averaging/index.ts'
import { type BaselineName, runBaseline } from './baselines/index.ts'
import type { Qualities, Snapshot } from './measurements.ts'
import type { Bytes, SimulationReport } from './report.ts'
import { runSimulation } from './run-simulation.ts'
import type { SimulationHooks } from './simulation.ts'
import type { SimulationOptions } from './simulation-options.ts'

/** One set of options of a study. */
export interface Variant {
  readonly label: string
  readonly options: SimulationOptions
  /** Another rule in lock-step instead of the flock. */
  readonly baseline?: BaselineName
}

/** Several seeds of one variant: means and deviations of qualities, medians of bytes. */
export interface VariantReport extends Omit<SimulationReport, 'seed' | 'virtualSeconds' | 'copies'> {
  readonly label: string
  readonly seeds: readonly number[]
  /** Sample standard deviation over the seeds; 0 for one. */
  readonly deviation: Qualities
  readonly runs: readonly SimulationReport[]
}

export interface StudyHooks {
  readonly signal: AbortSignal
  /** What comes next, before it begins. Its hooks hear of every round. */
  readonly onRun: (variant: Variant, seed: number) => Pick<SimulationHooks, 'onProgress' | 'onRound'>
}

/** Plays every variant once with each of `repeat` seeds, from the one in its options on. */
export async function runStudy(
  variants: readonly Variant[],
  repeat: number,
  hooks: StudyHooks
): Promise<VariantReport[]> {
  const reports: VariantReport[] = []
  for (const variant of variants) {
    const runs: SimulationReport[] = []
    for (let i = 0; i < repeat; i++) runs.push(await play(variant, variant.options.seed + i, hooks))
    reports.push({ label: variant.label, ...summarise(runs) })
  }
  return reports
}

function play(variant: Variant, seed: number, { signal, onRun }: StudyHooks): Promise<SimulationReport> {
  const options = { ...variant.options, seed }
  const hooks = { signal, ...onRun(variant, seed) }
  return variant.baseline === undefined ? runSimulation(options, hooks) : runBaseline(variant.baseline, options, hooks)
}

function summarise(runs: readonly SimulationReport[]): Omit<VariantReport, 'label'> {
  const { peers, rounds, accuracy } = runs[0]!
  const measure = accuracy === undefined ? 'rmse' : 'accuracy'
  const qualities = runs.map((run) => run[measure]!)
  return {
    seeds: runs.map(({ seed }) => seed),
    peers,
    rounds,
    [measure]: overAll(qualities, mean),
    deviation: overAll(qualities, deviation),
    ...meanPersonal(runs),
    bytes: { ...medianBytes(runs.map(({ bytes }) => bytes)), to95: medianTo95(runs) },
    ...meanLate(runs),
    refused: sumRefused(runs),
    failed: runs.reduce((sum, { failed }) => sum + failed, 0),
    seconds: runs.reduce((sum, { seconds }) => sum + seconds, 0),
    runs
  }
}

function overAll(all: readonly Qualities[], of: (values: readonly number[]) => number): Qualities {
  return {
    mean: of(all.map(({ mean }) => mean)),
    worst: of(all.map(({ worst }) => worst)),
    slowestQuarter: of(all.map(({ slowestQuarter }) => slowestQuarter))
  }
}

function medianBytes(all: readonly Bytes[]): Bytes {
  return {
    payload: median(all.map(({ payload }) => payload))!,
    received: median(all.map(({ received }) => received))!
  }
}

/** A seed that never got there counts as infinitely late. */
function medianTo95(runs: readonly SimulationReport[]): Bytes | null {
  const never = { payload: Number.POSITIVE_INFINITY, received: Number.POSITIVE_INFINITY }
  const bytes = medianBytes(runs.map(({ bytes: { to95 } }) => to95 ?? never))
  return Number.isFinite(bytes.payload) ? bytes : null
}

function meanLate(runs: readonly SimulationReport[]): Pick<SimulationReport, 'late'> {
  const all = runs.flatMap(({ late }) => late ?? [])
  if (all.length === 0) return {}
  const after = {
    late: mean(all.map(({ after }) => after.late)),
    others: mean(all.map(({ after }) => after.others))
  }
  return { late: { before: mean(all.map(({ before }) => before)), after } }
}

/** Means over the seeds; the least gain of all of them. */
function meanPersonal(runs: readonly SimulationReport[]): Pick<SimulationReport, 'personal'> {
  const all = runs.flatMap(({ personal }) => personal ?? [])
  if (all.length === 0) return {}
  const meanOf = (summaries: readonly { mean: number; worst: number }[]) => ({
    mean: mean(summaries.map(({ mean }) => mean)),
    worst: mean(summaries.map(({ worst }) => worst))
  })
  const global = all.flatMap(({ global }) => global ?? [])
  if (global.length === 0) return { personal: meanOf(all) }
  const leastGain = Math.min(...all.map(({ leastGain }) => leastGain!))
  return { personal: { ...meanOf(all), global: meanOf(global), leastGain } }
}

function sumRefused(runs: readonly SimulationReport[]): SimulationReport['refused'] {
  const sums: Record<string, number> = {}
  for (const { refused } of runs)
    for (const [reason, count] of Object.entries(refused)) sums[reason] = (sums[reason] ?? 0) + count
  return sums
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

function deviation(values: readonly number[]): number {
  if (values.length < 2) return 0
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}

/** Rounds of one variant and seed, as a plot shows them. */
export interface Curve {
  readonly label: string
  readonly seed: number
  readonly snapshots: Snapshot[]
}
