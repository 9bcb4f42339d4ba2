/** Entry of the worker thread: reads the rows, starts the engine, and serves the vectors. */
import { type MessagePort, parentPort, type Transferable, workerData } from 'node:worker_threads'
import { parseManifest } from '../../protocols/envelope/index.ts'
import { CpuPacer } from '../limits/cpu-pacer.ts'
import { decodeTopology, type Engine, type Metrics, startEngine } from '../training/index.ts'
import { LocalVectors, type LocalVectorsInit } from './local-vectors.ts'
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

class WorkerVectors extends LocalVectors {
  readonly report: WorkerReport
  readonly #createTrainer: () => Promise<LocalVectorsInit['trainer']>
  readonly #initial: Float32Array
  readonly #seed: number
  readonly #pacer: LocalVectorsInit['pacer']

  constructor(init: LocalVectorsInit, report: WorkerReport, createTrainer: () => Promise<LocalVectorsInit['trainer']>) {
    super(init)
    this.report = report
    this.#initial = init.initial
    this.#seed = init.seed
    this.#pacer = init.pacer
    this.#createTrainer = createTrainer
  }

  async hurry(): Promise<void> {
    this.#pacer?.stop()
  }

  async describe(): Promise<WorkerReport> {
    return this.report
  }

  /** Trains a copy of the initial weights on the own rows alone, with an optimiser of its own, and measures it. */
  async trainAlone(steps: number): Promise<Metrics> {
    const trainer = await this.#createTrainer()
    const parameters = this.#initial.slice()
    await trainer.train(parameters, steps, { seed: this.#seed })
    const metrics = await trainer.evaluate(parameters, 'heldOut')
    await trainer.close()
    return metrics
  }
}

async function startVectors(init: VectorWorkerInit): Promise<WorkerVectors> {
  const manifest = parseManifest(init.manifest)
  const rows = await readRows({ ...init.rows, task: manifest.task, holdOut: manifest.evaluation.holdOut })
  const engine = await startEngine(init.engine)
  const topology = await decodeTopology(init.modelJson, manifest.training.loss)
  const createTrainer = () => createRunTrainer(manifest, topology, rows, engine)
  const trainer = await createTrainer()
  const initial = new Float32Array(init.initial.slice().buffer)
  return new WorkerVectors(
    {
      ...runVectorsInit(manifest, { trainer, initial, seed: init.rows.seed }),
      ...(init.maxCpu === undefined ? {} : { pacer: new CpuPacer({ cores: init.maxCpu }) })
    },
    describeReady(trainer.engine, rows, trainer.batch),
    createTrainer
  )
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
  const { copy, weights } = result as { copy?: Uint8Array<ArrayBuffer>; weights?: Float32Array<ArrayBuffer> }
  return [copy, weights].flatMap((vector) => vector?.buffer ?? [])
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
