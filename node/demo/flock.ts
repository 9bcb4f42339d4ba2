import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { encodeInvite } from '../../protocols/envelope/index.ts'
import { openHome, openStorage } from '../../storage/index.ts'
import { createRecording } from '../recording/index.ts'
import { createRun, draftRun } from '../run/create-run.ts'
import type { RunFiles } from '../run/run-files.ts'
import type { RunChoices } from '../run/run-plan.ts'
import { measured } from '../training/quality.ts'
import type { DemoData } from './demo-data.ts'
import { inLanes } from './in-lanes.ts'
import type { DemoEvent } from './messages.ts'
import { PeerHandle } from './peer-handle.ts'
import type { DemoView, PeerState } from './view.ts'

const NETWORK = 'demo'

/** In a flock of up to eight everybody is linked to everybody (ALGORITHMS 1). */
const ALL_LINKED_PEERS = 8

/** Links are there in a second or two; a peer that cannot have as many begins with those it has. */
const LINK_UP_MS = 20_000

/**
 * Peers that start at the same time. A start is two seconds of a core, most of it before anything else can be answered: of
 * 64 at once on two cores, some gave up after eight seconds without an answer.
 */
const STARTING_PEERS = 8

/** A trainer as its starter follows it. */
export interface Trainer {
  readonly handle: PeerHandle
  readonly state: PeerState
  engine: string
  samples: number
  /** Accuracy or root mean squared error after training alone, and how long that took. */
  alone: number
  aloneMs: number
  /** The same of the own model at the end; null before, and for a killed peer. */
  flock: number | null
  rssBytes: number
}

export interface FlockInit extends RunChoices {
  readonly seed: number
  /** Folder for the peers' homes. */
  readonly folder: string
  /** Folder for a recording of the run. */
  readonly record?: string
  readonly data: DemoData
  readonly view: DemoView
}

/** Real peers on this machine: a pinner and one trainer for each part of the data, each a process with a home of its own. */
export class Flock {
  readonly run: RunFiles
  readonly pinner: PeerHandle
  readonly trainers: readonly Trainer[]
  readonly #init: FlockInit
  readonly #invite: string
  /** Files for the trainers' calls, where the run is recorded. */
  readonly #recordings: readonly string[]

  private constructor(
    init: FlockInit,
    {
      run,
      pinner,
      invite,
      recordings
    }: Pick<Flock, 'run' | 'pinner'> & { invite: string; recordings: readonly string[] }
  ) {
    this.#init = init
    this.run = run
    this.pinner = pinner
    this.#invite = invite
    this.#recordings = recordings
    this.trainers = init.data.parts.map((_, index) => this.#createTrainer(index))
  }

  /** Writes the run into the pinner's home, starts the pinner and forks the trainers. */
  static async start(init: FlockInit): Promise<Flock> {
    const home = join(init.folder, 'pinner')
    const run = await writeRun(home, init)
    const { record, data } = init
    const recordings = record === undefined ? [] : await createRecording(record, { run, ...data })
    const pinner = new PeerHandle('pinner', home, join(init.folder, 'pinner.log'), run.manifest.parameterCount)
    try {
      pinner.start()
      const listening = pinner.next('listening')
      pinner.send({ type: 'pin', home, run: run.id.toString(), network: NETWORK })
      const { addresses } = await listening
      const invite = encodeInvite({ v: 1, run: run.id.bytes, network: NETWORK, addresses })
      return new Flock(init, { run, pinner, invite, recordings })
    } catch (error) {
      await pinner.stop()
      throw error
    }
  }

  /** Every peer draws its own order of rows; the run's seed is everybody's. */
  seedOf(index: number): number {
    return this.#init.seed * 1000 + index + 1
  }

  /** Starts every trainer: home, network, rows, engine. */
  async open(): Promise<void> {
    await inLanes(STARTING_PEERS, this.trainers, (trainer, index) => this.#openTrainer(trainer, index))
  }

  async #openTrainer(trainer: Trainer, index: number): Promise<void> {
    const { data, batch } = this.#init
    const { handle, state } = trainer
    handle.start()
    const ready = handle.next('ready')
    const recording = this.#recordings[index]
    const files = { data: data.parts[index]!, test: data.test, ...(recording === undefined ? {} : { recording }) }
    handle.send({ type: 'join', home: handle.home, invite: this.#invite, seed: this.seedOf(index), ...files })
    const { engine, samples, batch: cut } = await ready
    Object.assign(trainer, { engine, samples })
    Object.assign(state, { samples, state: 'ready' })
    if (cut < batch) process.stderr.write(`peer ${state.name}: batch cut from ${batch} to its ${cut} rows\n`)
  }

  /** Each peer trains alone for as many steps as the flock will do, all at the same time. */
  async trainAlone(): Promise<void> {
    await Promise.all(
      this.trainers.map(async (trainer) => {
        const { handle, state } = trainer
        state.state = 'alone'
        const alone = handle.next('alone')
        handle.send({ type: 'train-alone' })
        const { metrics, ms } = await alone
        trainer.alone = measured(metrics)
        trainer.aloneMs = ms
        Object.assign(state, { alone: trainer.alone, state: 'linking' })
      })
    )
  }

  /** Waits until everybody has its links, so that all are measured on equal terms, but not for ever. */
  async linkUp(): Promise<void> {
    const others = this.trainers.length - 1
    const wanted = others < ALL_LINKED_PEERS ? others : Math.min(this.run.manifest.averaging.k, others)
    if (wanted === 0) return
    const linked = this.trainers.map(({ handle }) => handle.next('links', ({ links }) => links >= wanted))
    const late = new AbortController()
    await Promise.race([Promise.all(linked), setTimeout(LINK_UP_MS, undefined, { signal: late.signal, ref: false })])
    late.abort()
  }

  /** Trains together; resolves when every peer that is not killed is done. */
  async trainTogether(): Promise<void> {
    const done = this.trainers.map(async (trainer) => {
      const event = await trainer.handle.next('done').catch((error) => {
        if (trainer.handle.isKilled) return undefined
        throw error
      })
      if (event === undefined) return
      trainer.flock = measured(event.metrics)
      Object.assign(trainer.state, { flock: trainer.flock, state: 'done' })
    })
    for (const { handle } of this.trainers) handle.send({ type: 'go' })
    await Promise.all(done)
  }

  async stopTrainers(): Promise<void> {
    await Promise.all(this.trainers.map(({ handle }) => handle.stop()))
  }

  async stop(): Promise<void> {
    await Promise.all([this.stopTrainers(), this.pinner.stop()])
  }

  #createTrainer(index: number): Trainer {
    const { folder, view } = this.#init
    const name = String(index + 1)
    const { parameterCount } = this.run.manifest
    const handle = new PeerHandle(name, join(folder, `peer-${name}`), join(folder, `peer-${name}.log`), parameterCount)
    const state: PeerState = { name, samples: 0, state: 'starting', round: 0, phase: 'training', links: 0 }
    view.peers.push(state)
    const trainer: Trainer = { handle, state, engine: '', samples: 0, alone: 0, aloneMs: 0, flock: null, rssBytes: 0 }
    handle.onEvent((event) => follow(trainer, event, view))
    return trainer
  }
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

async function writeRun(pinnerHome: string, { data, ...plan }: FlockInit): Promise<RunFiles> {
  const draft = await draftRun({
    ...plan,
    name: 'demo',
    data: data.parts,
    label: data.label,
    task: data.task,
    classes: data.classes,
    checkpointEveryRounds: Math.max(5, Math.ceil(plan.rounds / 4)),
    proof: 'none',
    holdOut: 0,
    shareMetrics: true,
    shareSamples: true
  })
  const home = await openHome(pinnerHome, { create: true })
  try {
    const storage = await openStorage({ home })
    try {
      return await createRun(home, storage, draft)
    } finally {
      await storage.close()
    }
  } finally {
    await home.close()
  }
}
