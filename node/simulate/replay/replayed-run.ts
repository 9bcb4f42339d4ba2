import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseManifest, type RunManifest } from '../../../protocols/envelope/index.ts'
import { InvalidRecordingError, type LineOf, openRecording, RUN_PARTS } from '../../recording/index.ts'
import { decodeWeights } from '../../run/run-files.ts'
import {
  decodeTopology,
  type Engine,
  type EngineKind,
  SharedPart,
  startEngine,
  type Topology
} from '../../training/index.ts'
import {
  createRunTrainer,
  LocalVectors,
  localLayersOf,
  personalise,
  readRows,
  runVectorsInit
} from '../../vectors/index.ts'
import { ReplayEngineError } from './errors.ts'

/** A recorded run, and how its peers are set up once more. */
export class ReplayedRun {
  readonly #manifest: RunManifest
  readonly #topology: Topology
  /** Shape [n]. */
  readonly #initial: Float32Array
  readonly #test: string
  readonly #engines = new Map<EngineKind, Promise<Engine>>()

  private constructor(manifest: RunManifest, topology: Topology, initial: Float32Array, test: string) {
    this.#manifest = manifest
    this.#topology = topology
    this.#initial = initial
    this.#test = test
  }

  /** Reads everything but the calls. Throws InvalidRecordingError. */
  static async open(folder: string): Promise<{ run: ReplayedRun; peers: Peers }> {
    const { test, peers } = await openRecording(folder)
    try {
      const manifest = parseManifest(await readFile(join(folder, RUN_PARTS.manifest)))
      const topology = await decodeTopology(await readFile(join(folder, RUN_PARTS.model)), manifest.training.loss)
      const initial = decodeWeights(topology, await readFile(join(folder, RUN_PARTS.initial)))
      return { run: new ReplayedRun(manifest, topology, initial, test), peers }
    } catch (error) {
      throw new InvalidRecordingError(folder, (error as Error).message, error)
    }
  }

  /**
   * Vectors as the peer had them when it opened its recording. `data`: its own rows. Throws ReplayEngineError and the
   * data's errors.
   */
  async createVectors(data: string, { peer, seed, engine: recorded }: LineOf<'opened'>): Promise<LocalVectors> {
    const { task, evaluation } = this.#manifest
    const rows = await readRows({ task, data, test: this.#test, holdOut: evaluation.holdOut, seed })
    const engine = await this.#engine(recorded.startsWith('tfjs-cpu') ? 'cpu' : 'wasm')
    const here = `${engine.name} ${engine.version}`
    if (here !== recorded) throw new ReplayEngineError(peer, recorded, here)
    const manifest = this.#manifest
    const createTrainer = () => createRunTrainer(manifest, this.#topology, rows, engine)
    const shared = new SharedPart(this.#topology, localLayersOf(manifest))
    const plain = await createTrainer()
    const trainer =
      (await personalise({ manifest, shared, initial: this.#initial, trainer: plain, createTrainer })) ?? plain
    return new LocalVectors(runVectorsInit(manifest, { trainer, seed, initial: shared.take(this.#initial) }))
  }

  #engine(kind: EngineKind): Promise<Engine> {
    const engine = this.#engines.get(kind) ?? startEngine(kind)
    this.#engines.set(kind, engine)
    return engine
  }
}

type Peers = Awaited<ReturnType<typeof openRecording>>['peers']
