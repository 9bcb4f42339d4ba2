import { type EngineKind, startEngine } from '../../training/index.ts'
import { measured, measureOf } from '../../training/quality.ts'
import { createRunTrainer } from '../../vectors/index.ts'
import { qualitiesOf, type Snapshot } from '../measurements.ts'
import { makeReport, type SimulationReport } from '../report.ts'
import { prepareRun, type RunOptions, seedOf } from '../simulated-run.ts'
import { diLoCo } from './diloco.ts'
import { fedAvg } from './fed-avg.ts'
import { localOnly } from './local-only.ts'
import { type Client, type CreateRule, type LockStepRule, playRound } from './lock-step.ts'
import { ringDPsgd } from './ring-d-psgd.ts'

const RULES = { local: localOnly, fedavg: fedAvg, diloco: diLoCo, 'ring-d-psgd': ringDPsgd } as const satisfies Record<
  string,
  CreateRule
>

export type BaselineName = keyof typeof RULES
export const BASELINES = Object.keys(RULES) as readonly BaselineName[]

export interface BaselineHooks {
  readonly signal?: AbortSignal
  readonly onProgress?: (snapshot: Snapshot) => void
}

/**
 * What another rule reaches with the same rows, trainers and steps, in lock-step: nobody is late, nothing is lost, every
 * number is a float32. The same report as of a simulation, with no time and no closing rounds.
 */
export async function runBaseline(
  name: BaselineName,
  options: RunOptions & { readonly engine: EngineKind },
  { signal, onProgress }: BaselineHooks = {}
): Promise<SimulationReport> {
  const startedAt = performance.now()
  const run = await prepareRun(options)
  const engine = await startEngine(options.engine)
  const measure = measureOf(run.manifest.task.kind)
  const clients: Client[] = []
  for (const [owner, rows] of run.rows.entries()) {
    const trainer = await createRunTrainer(run.manifest, run.topology, rows, engine)
    clients.push({ trainer, seed: seedOf(options.seed, owner), steps: run.steps[owner]! })
  }
  const rule = RULES[name](
    run.initial,
    run.rows.map(({ training }) => training.count)
  )
  const snapshots: Snapshot[] = []
  for (let round = 1; round <= options.rounds; round++) {
    await playRound(rule, clients, signal)
    const values = await evaluateAll(rule, clients)
    const bytes = { payloadBytes: 4 * rule.sent * round, receivedBytes: 4 * rule.received * round }
    const qualities = qualitiesOf(values, measure)
    const snapshot = { round, ms: 0, ...qualities, early: qualities.mean, ...bytes }
    snapshots.push(snapshot)
    onProgress?.(snapshot)
  }
  for (const { trainer } of clients) await trainer.close()
  return makeReport({
    options,
    peers: clients.length,
    measure,
    final: snapshots.at(-1)!,
    snapshots,
    failed: 0,
    copies: rule.models,
    seconds: (performance.now() - startedAt) / 1000
  })
}

/** The measure of every peer's model; one that several share is measured once. */
async function evaluateAll({ models }: LockStepRule, clients: readonly Client[]): Promise<number[]> {
  const values = new Map<Float32Array, number>()
  for (const model of models) {
    if (values.has(model)) continue
    values.set(model, measured(await clients[0]!.trainer.evaluate(model, 'heldOut')))
  }
  return models.map((model) => values.get(model)!)
}
