import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeInvite } from '../../protocols/envelope/index.ts'
import { openHome, openStorage } from '../../storage/index.ts'
import { createRun, type RunPlan } from '../run/create-run.ts'
import type { RunFiles } from '../run/run-files.ts'
import { type DemoData, type DemoDataInit, dealOut } from './demo-data.ts'
import { readFigures } from './figures.ts'
import type { DemoEvent } from './messages.ts'
import { PeerHandle } from './peer-handle.ts'
import { type DemoReport, meanAndWorst, type PeerReport } from './report.ts'
import { simulateServer } from './server-baseline.ts'
import { DemoView, type PeerState } from './view.ts'

/** The pinner has this long to fetch the final checkpoint. */
const PIN_MS = 20_000

const NETWORK = 'demo'

export interface DemoInit
  extends DemoDataInit,
    Pick<RunPlan, 'model' | 'rounds' | 'localSteps' | 'batch' | 'learningRate' | 'codec' | 'k'> {
  /** How many peers are killed half way. */
  readonly kill: number
  /** Folder for the peers' homes; a temporary one by default. */
  readonly home?: string
  /** Keeps the trainers' homes; the pinner's, with the model, is kept anyway. */
  readonly keep: boolean
}

export interface DemoResult {
  readonly report: DemoReport
  readonly data: DemoData
  /** The pinner's home, which holds the checkpoint. */
  readonly pinnerHome: string
}

/** A trainer as the demo follows it. */
interface Trainer {
  readonly handle: PeerHandle
  readonly state: PeerState
  id: string
  engine: string
  samples: number
  alone: number
  flock: number | null
  rssBytes: number
}

/**
 * The main job on one machine: real trainers and a pinner as processes of their own, each trainer first alone, then with
 * the flock, then a simulated server for comparison. No process outlives the call, however it ends.
 */
export async function runDemo(init: DemoInit, signal: AbortSignal): Promise<DemoResult> {
  const startedAt = performance.now()
  const folder = await makeFolder(init.home)
  const handles: PeerHandle[] = []
  let trainers: Trainer[] = []
  const view = new DemoView([], init.rounds)
  const stopAll = () => Promise.all(handles.map((handle) => handle.stop()))
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  aborted.catch(() => {})
  try {
    const data = await dealOut(join(folder, 'data'), init)
    const pinnerHome = join(folder, 'pinner')
    const run = await writeRun(pinnerHome, data, init)
    view.say(`run ${run.id}\n${data.parts.length} peers, ${data.description}; a pinner keeps the checkpoints`)
    const pinner = new PeerHandle('pinner', pinnerHome, join(folder, 'pinner.log'))
    handles.push(pinner)
    const work = async () => {
      const invite = await startPinner(pinner, run)
      trainers = data.parts.map((_, index) => createTrainer(folder, index, view))
      handles.push(...trainers.map(({ handle }) => handle))
      view.start()
      await trainAlone(trainers, invite, data, init)
      await linkUp(trainers, init.k)
      const pinned = pinner.next('pinned', ({ phase }) => phase === 'done')
      pinned.catch(() => {})
      await trainTogether(trainers, init, view)
      const checkpoint = await Promise.race([pinned.then(({ root }) => root), sleep(PIN_MS, null, { ref: false })])
      await Promise.all(trainers.map(({ handle }) => handle.stop()))
      view.stop()
      view.say('for comparison: a server that averages everyone, on the same splits and steps')
      const seeds = trainers.map((_, index) => seedOf(init, index))
      const server = await simulateServer(run, data.parts, data.test, seeds, signal)
      await pinner.stop()
      return { server, checkpoint }
    }
    const { server, checkpoint } = await Promise.race([work(), aborted])
    const seconds = (performance.now() - startedAt) / 1000
    const report = await makeReport(run, trainers, server, checkpoint, seconds)
    await tidy(folder, init.keep, trainers)
    return { report, data, pinnerHome }
  } catch (error) {
    view.stop()
    await stopAll()
    if (!init.keep && init.home === undefined) await rm(folder, { recursive: true, force: true })
    throw error
  }
}

async function makeFolder(home: string | undefined): Promise<string> {
  if (home === undefined) return mkdtemp(join(tmpdir(), 'starling-demo-'))
  await mkdir(home, { recursive: true })
  return home
}

async function writeRun(pinnerHome: string, data: DemoData, init: DemoInit): Promise<RunFiles> {
  const home = await openHome(pinnerHome, { create: true })
  try {
    const storage = await openStorage({ home })
    try {
      return await createRun(home, storage, {
        ...init,
        name: 'demo',
        data: data.parts,
        label: data.label,
        classes: data.classes,
        momentum: 0,
        checkpointEveryRounds: Math.max(5, Math.ceil(init.rounds / 4)),
        holdOut: 0,
        shareMetrics: true,
        shareSamples: true
      })
    } finally {
      await storage.close()
    }
  } finally {
    await home.close()
  }
}

async function startPinner(pinner: PeerHandle, run: RunFiles): Promise<string> {
  const listening = pinner.next('listening')
  pinner.send({ type: 'pin', home: pinner.home, run: run.id.toString(), network: NETWORK })
  const { addresses } = await listening
  return encodeInvite({ v: 1, run: run.id.bytes, network: NETWORK, addresses })
}

function createTrainer(folder: string, index: number, view: DemoView): Trainer {
  const name = String(index + 1)
  const handle = new PeerHandle(name, join(folder, `peer-${name}`), join(folder, `peer-${name}.log`))
  const state: PeerState = { name, samples: 0, state: 'starting', round: 0, phase: 'training', links: 0 }
  view.peers.push(state)
  const trainer: Trainer = { handle, state, id: '', engine: '', samples: 0, alone: 0, flock: null, rssBytes: 0 }
  handle.onEvent((event) => follow(trainer, event, view))
  return trainer
}

function follow(trainer: Trainer, event: DemoEvent, view: DemoView): void {
  const { state } = trainer
  if (event.type === 'rss') trainer.rssBytes = Math.max(trainer.rssBytes, event.bytes)
  else if (event.type === 'links') state.links = event.links
  else if (event.type === 'notice') view.say(`peer ${state.name}: ${event.message}`)
  else if (event.type === 'progress') {
    Object.assign(state, { round: event.round, phase: event.phase, links: event.links, state: event.phase })
    if (event.loss !== undefined) state.loss = event.loss
  }
}

async function trainAlone(trainers: readonly Trainer[], invite: string, data: DemoData, init: DemoInit): Promise<void> {
  await Promise.all(
    trainers.map(async (trainer, index) => {
      const { handle, state } = trainer
      const ready = handle.next('ready')
      handle.send({
        type: 'join',
        home: handle.home,
        invite,
        data: data.parts[index]!,
        test: data.test,
        seed: seedOf(init, index)
      })
      const { id, engine, samples, batch } = await ready
      Object.assign(trainer, { id, engine, samples })
      state.samples = samples
      state.state = 'alone'
      if (batch < init.batch) {
        process.stderr.write(`peer ${state.name}: batch cut from ${init.batch} to its ${batch} rows\n`)
      }
      const alone = handle.next('alone')
      handle.send({ type: 'train-alone' })
      trainer.alone = (await alone).metrics.accuracy
      state.alone = trainer.alone
      state.state = 'linking'
    })
  )
}

async function linkUp(trainers: readonly Trainer[], k: number): Promise<void> {
  const others = trainers.length - 1
  // In a small flock everybody is linked to everybody; see ALGORITHMS 1.
  const wanted = others <= 7 ? others : Math.min(k, others)
  await Promise.all(
    trainers.map(({ handle }) => (wanted === 0 ? undefined : handle.next('links', ({ links }) => links >= wanted)))
  )
}

async function trainTogether(trainers: readonly Trainer[], init: DemoInit, view: DemoView): Promise<void> {
  const done = trainers.map(async (trainer) => {
    const event = await trainer.handle.next('done').catch((error) => {
      if (trainer.handle.isKilled) return undefined
      throw error
    })
    if (event === undefined) return
    trainer.flock = event.metrics.accuracy
    trainer.state.flock = trainer.flock
    trainer.state.state = 'done'
  })
  if (init.kill > 0) killHalfWay(trainers, init, view)
  for (const { handle } of trainers) handle.send({ type: 'go' })
  await Promise.all(done)
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
  run: RunFiles,
  trainers: readonly Trainer[],
  server: number,
  checkpoint: string | null,
  seconds: number
): Promise<DemoReport> {
  const peers: PeerReport[] = []
  for (const { handle, state, samples, alone, flock, rssBytes } of trainers) {
    const figures = await readFigures(handle.home)
    peers.push({ peer: state.name, samples, killed: handle.isKilled, alone, flock, rssBytes, ...figures })
  }
  return {
    run: run.id.toString(),
    engine: trainers[0]!.engine,
    seconds,
    checkpoint,
    alone: meanAndWorst(trainers.map(({ alone }) => alone)),
    flock: meanAndWorst(peers.flatMap(({ flock }) => flock ?? [])),
    server: { accuracy: server },
    peers
  }
}

async function tidy(folder: string, keep: boolean, trainers: readonly Trainer[]): Promise<void> {
  if (keep) return
  for (const { handle } of trainers) await rm(handle.home, { recursive: true, force: true })
  const note =
    "Left by `starling demo`: the pinner's home with the model, and the rows it was tested on. Delete at will.\n"
  await writeFile(join(folder, 'README.txt'), note)
}

/** Every peer draws its own order of rows; the run's seed is everybody's. */
function seedOf({ seed }: DemoInit, index: number): number {
  return seed * 1000 + index + 1
}
