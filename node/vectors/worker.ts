/** Entry of the worker thread: reads the rows, starts the engine, and serves the vectors. */
import { type MessagePort, parentPort, type Transferable, workerData } from 'node:worker_threads'
import { parseManifest } from '../../protocols/envelope/index.ts'
import { CpuPacer } from '../limits/cpu-pacer.ts'
import { decodeTopology, type Engine, type Metrics, SharedPart, startEngine, type Trainer } from '../training/index.ts'
import { LocalVectors, type LocalVectorsInit } from './local-vectors.ts'
import { PacedTrainer } from './paced-trainer.ts'
import { localLayersOf, type PersonalTrainer, personalise } from './personal/index.ts'
import { type Rows, readRows } from './rows.ts'
import { createRunTrainer } from './run-trainer.ts'
import { runVectorsInit } from './run-vectors.ts'
import { serveCalls } from './thread-calls.ts'
import type { VectorWorkerInit } from './vector-worker.ts'

/** What the thread reports when it is ready. */
export interface WorkerReport {
  readonly engine: string
  readonly engineReason?: string
  readonly samples: number
  readonly heldOut: number
  readonly batch: number
  readonly notes: Rows['notes']
}

interface WorkerInit extends LocalVectorsInit {
  readonly report: WorkerReport
  /** Where the run keeps something of each peer's own. */
  readonly personal: PersonalTrainer | undefined
  readonly pacer: CpuPacer | undefined
  /** Shape [N]. */
  readonly wholeInitial: Float32Array
  /** Of the whole model. */
  readonly createTrainer: () => Promise<Trainer>
}

class WorkerVectors extends LocalVectors {
  readonly #init: WorkerInit

  constructor(init: WorkerInit) {
    super(init)
    this.#init = init
  }

  async hurry(): Promise<void> {
    this.#init.pacer?.stop()
  }

  async describe(): Promise<WorkerReport> {
    return this.#init.report
  }

  /** Trains a copy of the initial weights on the own rows alone, with an optimiser of its own, and measures it. */
  async trainAlone(steps: number): Promise<Metrics> {
    const { createTrainer, wholeInitial, seed } = this.#init
    const trainer = await createTrainer()
    const parameters = wholeInitial.slice()
    await trainer.train(parameters, steps, { seed })
    const metrics = await trainer.evaluate(parameters, 'heldOut')
    await trainer.close()
    return metrics
  }

  /** A copy of the personal model, shape [N]; undefined in a run that shares everything. */
  async personalModel(): Promise<{ weights: Float32Array } | undefined> {
    const { personal } = this.#init
    return personal === undefined ? undefined : { weights: personal.personalModel(this.model) }
  }

  async restorePersonal(weights: Float32Array): Promise<void> {
    this.#init.personal?.restore(weights)
  }

  /** The personal model on the held-out rows; undefined in a run that shares everything. */
  async evaluatePersonal(): Promise<Metrics | undefined> {
    const { personal } = this.#init
    return personal?.whole.evaluate(personal.personalModel(this.model), 'heldOut')
  }
}

async function startVectors(init: VectorWorkerInit): Promise<WorkerVectors> {
  const manifest = parseManifest(init.manifest)
  const rows = await readRows({ ...init.rows, task: manifest.task, holdOut: manifest.evaluation.holdOut })
  const engine = await startEngine(init.engine)
  const topology = await decodeTopology(init.modelJson, manifest.training.loss)
  const plain = await createRunTrainer(manifest, topology, rows, engine)
  const pacer = init.maxCpu === undefined ? undefined : new CpuPacer({ cores: init.maxCpu })
  const paced = (trainer: Trainer) => (pacer === undefined ? trainer : new PacedTrainer(trainer, pacer))
  const createTrainer = async () => createRunTrainer(manifest, topology, rows, engine)
  const shared = new SharedPart(topology, localLayersOf(manifest))
  const initial = new Float32Array(init.initial.slice().buffer)
  const trainer = paced(plain)
  const createPaced = async () => paced(await createTrainer())
  const personal = await personalise({ manifest, shared, initial, trainer, createTrainer: createPaced })
  return new WorkerVectors({
    ...runVectorsInit(manifest, {
      trainer: personal ?? trainer,
      initial: shared.take(initial),
      seed: init.rows.seed
    }),
    report: describeReady(plain.engine, rows, plain.batch),
    personal,
    pacer,
    wholeInitial: initial,
    createTrainer
  })
}

function describeReady(engine: Engine, rows: Rows, batch: number): WorkerReport {
  return {
    engine: `${engine.name} ${engine.version}`,
    ...(engine.reason === undefined ? {} : { engineReason: engine.reason }),
    samples: rows.training.count,
    heldOut: rows.heldOut.count,
    batch,
    notes: rows.notes
  }
}

/** Copies made for the caller go over whole; everything else is small, or still in use here. */
function ownedBuffers(result: unknown): Transferable[] {
  if (typeof result !== 'object' || result === null) return []
  const {
    copy,
    weights,
    proven = []
  } = result as {
    copy?: Uint8Array<ArrayBuffer>
    weights?: Float32Array<ArrayBuffer>
    proven?: readonly { copy: Uint8Array<ArrayBuffer> }[]
  }
  return [copy, weights, ...proven.map((version) => version.copy)].flatMap((vector) => vector?.buffer ?? [])
}

const ready = startVectors(workerData as VectorWorkerInit)
// Calls wait for the rows and the engine; what goes wrong there is the answer to the first of them.
ready.catch(() => {})
const target = new Proxy(
  {},
  {
    get:
      (_, method) =>
      async (...parameters: readonly unknown[]) => {
        const vectors = await ready
        return (Reflect.get(vectors, method) as (...parameters: readonly unknown[]) => unknown).apply(vectors, [
          ...parameters
        ])
      }
  }
)
serveCalls(parentPort as MessagePort, target, ownedBuffers)
