import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunChoices } from '../run/run-plan.ts'
import { type Metrics, requireModelSpec } from '../training/index.ts'
import { type Measure, measured, measureOf } from '../training/quality.ts'
import { type DemoData, type DemoDataInit, dealOut } from './demo-data.ts'
import { readFigures } from './figures.ts'
import { FinalCheckpoint } from './final-checkpoint.ts'
import { Flock, type Trainer } from './flock.ts'
import { PeerFailedError } from './peer-handle.ts'
import { type DemoReport, meanAndWorst, type PeerReport } from './report.ts'
import { simulateServer } from './server-baseline.ts'
import { DemoView } from './view.ts'

export interface DemoInit extends DemoDataInit, RunChoices {
  /** How many peers are killed half way. */
  readonly kill: number
  /** Folder for the peers' homes; a temporary one by default. */
  readonly home?: string
  /** Folder for a recording, from which the simulator plays the run again. */
  readonly record?: string
  /** Keeps the trainers' homes; the pinner's, with the model, is kept anyway. */
  readonly keep: boolean
}

export interface DemoResult {
  readonly report: DemoReport
  readonly data: DemoData
  /** The pinner's home, which holds the checkpoint. */
  readonly pinnerHome: string
}

/**
 * The main job on one machine: real trainers and a pinner as processes of their own, each trainer first alone, then with
 * the flock, then a simulated server for comparison. No process outlives the call, however it ends.
 */
export async function runDemo(init: DemoInit, signal: AbortSignal): Promise<DemoResult> {
  const startedAt = performance.now()
  // A model that nobody knows is refused before anything is written.
  requireModelSpec(init.model)
  const folder = await makeFolder(init.home)
  const view = new DemoView([], init.rounds)
  let flock: Flock | undefined
  const work = async () => {
    const data = await dealOut(join(folder, 'data'), init)
    view.measure = measureOf(data.task)
    for (const remark of data.remarks) view.say(`note: ${remark}`)
    flock = await Flock.start({ ...init, folder, data, view })
    if (signal.aborted) await flock.stop()
    signal.throwIfAborted()
    view.say(`run ${flock.run.id}\n${data.parts.length} peers, ${data.description}; a pinner keeps the checkpoints`)
    const checkpoint = await train(flock, init, view)
    view.say('for comparison: a server that averages everyone, on the same splits and steps')
    const seeds = data.parts.map((_, index) => flock!.seedOf(index))
    const server = await simulateServer(flock.run, data.parts, data.test, seeds, signal)
    await flock.stop()
    const seconds = (performance.now() - startedAt) / 1000
    const report = await makeReport(flock, measureOf(data.task), server, checkpoint, seconds)
    await tidy(folder, init.keep, flock)
    return { report, data, pinnerHome: flock.pinner.home }
  }
  try {
    return await Promise.race([work(), rejectOnAbort(signal)])
  } catch (error) {
    view.stop()
    await flock?.stop()
    // What a failed peer said is in its log.
    const isFailure = error instanceof PeerFailedError
    if (!init.keep && !isFailure && init.home === undefined) await rm(folder, { recursive: true, force: true })
    throw error
  }
}

/** Alone, then together; the trainers are stopped then. Resolves with the final checkpoint once the pinner has it. */
async function train(flock: Flock, init: DemoInit, view: DemoView): Promise<string | null> {
  view.start()
  await flock.open()
  await flock.trainAlone()
  await flock.linkUp()
  const handles = flock.trainers.map(({ handle }) => handle)
  const final = new FinalCheckpoint(flock.pinner, handles)
  if (init.kill > 0) killHalfWay(flock.trainers, init, view)
  await flock.trainTogether()
  const checkpoint = await final.root()
  await flock.stopTrainers()
  view.stop()
  return checkpoint
}

function rejectOnAbort(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

async function makeFolder(home: string | undefined): Promise<string> {
  return home ?? mkdtemp(join(tmpdir(), 'starling-demo-'))
}

function killHalfWay(trainers: readonly Trainer[], init: DemoInit, view: DemoView): void {
  let isDone = false
  const check = () => {
    const rounds = trainers.map(({ state }) => state.round).sort((a, b) => a - b)
    if (isDone || rounds[rounds.length >> 1]! < init.rounds / 2) return
    isDone = true
    // Any will do; the first ones, so that a seed names the same victims every time.
    for (const trainer of trainers.slice(0, init.kill)) {
      trainer.state.state = 'killed'
      void trainer.handle.kill()
      view.say(`killed peer ${trainer.state.name} (SIGKILL)`)
    }
  }
  for (const { handle } of trainers) handle.onEvent(check)
}

async function makeReport(
  { run, trainers }: Flock,
  metric: Measure,
  server: Metrics,
  checkpoint: string | null,
  seconds: number
): Promise<DemoReport> {
  const peers: PeerReport[] = []
  for (const { handle, state, samples, alone, flock, rssBytes } of trainers) {
    const { trainingMs: _, ...figures } = await readFigures(handle.home)
    peers.push({ peer: state.name, samples, killed: handle.isKilled, alone, flock, rssBytes, ...figures })
  }
  return {
    run: run.id.toString(),
    engine: trainers[0]!.engine,
    seconds,
    checkpoint,
    metric,
    alone: meanAndWorst(
      trainers.map(({ alone }) => alone),
      metric
    ),
    flock: meanAndWorst(
      peers.flatMap(({ flock }) => flock ?? []),
      metric
    ),
    server: metric === 'rmse' ? { rmse: measured(server) } : { accuracy: measured(server) },
    peers
  }
}

async function tidy(folder: string, keep: boolean, { trainers }: Flock): Promise<void> {
  if (keep) return
  for (const { handle } of trainers) await rm(handle.home, { recursive: true, force: true })
  const note =
    "Left by `starling demo`: the pinner's home with the model, and the rows it was tested on. Delete at will.\n"
  await writeFile(join(folder, 'README.txt'), note)
}
