import { Worker } from 'node:worker_threads'
import type { CopyFault, ExpectedCopy } from '../../protocols/delta-gossip/index.ts'
import { siblingModule } from '../sibling-module.ts'
import type { EngineKind, Metrics } from '../training/index.ts'
import type { RowsInit } from './rows.ts'
import { ThreadCalls } from './thread-calls.ts'
import type {
  AveragedCopies,
  HeldCopy,
  RollBackTarget,
  RoundOptions,
  RoundOutcome,
  SelfInCut,
  Start,
  Vectors,
  VersionTerm
} from './vectors.ts'
import type { WorkerReport } from './worker.ts'

/** Young generation of the thread: its vectors live outside the heap, and every megabyte counts a peer (DESIGN 7). */
const MAX_YOUNG_GENERATION_MB = 4

export interface VectorWorkerInit {
  /** The run's manifest block. */
  readonly manifest: Uint8Array
  /** TensorFlow.js layers `model.json`. */
  readonly modelJson: Uint8Array
  /** The run's initial weights, little-endian float32. */
  readonly initial: Uint8Array
  readonly rows: Omit<RowsInit, 'task' | 'holdOut'>
  readonly engine?: EngineKind
  /** Cores that the process may use on average: local steps wait for it. */
  readonly maxCpu?: number
}

/** The worker thread ended by itself: out of memory, or a fault in the engine. */
export class WorkerStoppedError extends Error {
  override readonly name = 'WorkerStoppedError'
  readonly code = 'ERR_WORKER_STOPPED'

  constructor(exitCode: number, cause?: unknown) {
    super(`the training thread stopped with code ${exitCode}: start the peer again, it goes on from its saved copy`, {
      cause
    })
  }
}

/** The vectors of one peer behind a worker thread: the event loop of the caller stays free while the model trains. */
export class VectorWorker implements Vectors {
  readonly #worker: Worker
  readonly #calls: ThreadCalls
  #isClosing = false

  constructor(worker: Worker) {
    this.#worker = worker
    this.#calls = new ThreadCalls(worker)
    let cause: unknown
    worker.on('error', (error) => {
      cause = error
    })
    worker.on('exit', (code) => {
      if (!this.#isClosing) this.#calls.fail(new WorkerStoppedError(code, cause))
    })
  }

  describe(): Promise<WorkerReport> {
    return this.#calls.call('describe', [])
  }

  trainAlone(steps: number): Promise<Metrics> {
    return this.#calls.call('trainAlone', [steps])
  }

  /** A copy of the personal model, shape [N]; undefined in a run that shares everything. */
  async personalModel(): Promise<Float32Array | undefined> {
    return (await this.#calls.call<{ weights: Float32Array } | undefined>('personalModel', []))?.weights
  }

  /** Goes on with a personal model of an earlier start, shape [N]. */
  restorePersonal(weights: Float32Array): Promise<void> {
    return this.#calls.call('restorePersonal', [weights])
  }

  /** The personal model on the held-out rows; undefined in a run that shares everything. */
  evaluatePersonal(): Promise<Metrics | undefined> {
    return this.#calls.call('evaluatePersonal', [])
  }

  start(start: Start): Promise<Uint8Array> {
    return this.#calls.call('start', [start])
  }

  round(options: RoundOptions): Promise<RoundOutcome> {
    return this.#calls.call('round', [options])
  }

  mix(terms: readonly VersionTerm[]): Promise<void> {
    return this.#calls.call('mix', [terms])
  }

  rollBack(to: RollBackTarget): Promise<void> {
    return this.#calls.call('rollBack', [to])
  }

  absorb(author: string, payload: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    const own = ownBuffer(payload)
    return this.#calls.call('absorb', [author, own, expected], [own.buffer])
  }

  adopt(author: string, copy: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    const own = ownBuffer(copy)
    return this.#calls.call('adopt', [author, own, expected], [own.buffer])
  }

  adoptInitial(author: string): Promise<void> {
    return this.#calls.call('adoptInitial', [author])
  }

  forget(author: string): Promise<void> {
    return this.#calls.call('forget', [author])
  }

  recall(author: string): Promise<ExpectedCopy['version'] | undefined> {
    return this.#calls.call('recall', [author])
  }

  ownCopy(): Promise<{ seq: number; copy: Uint8Array }> {
    return this.#calls.call('ownCopy', [])
  }

  heldCopy(author: string): Promise<HeldCopy | undefined> {
    return this.#calls.call('heldCopy', [author])
  }

  average(self: SelfInCut): Promise<AveragedCopies> {
    return this.#calls.call('average', [self])
  }

  evaluate(weights?: Float32Array): Promise<Metrics> {
    return this.#calls.call('evaluate', [weights])
  }

  /** Ends the wait for CPU, now and later: the owner wants the peer to come to its end. Never rejects. */
  async hurry(): Promise<void> {
    await this.#calls.call('hurry', []).catch(() => {})
  }

  async close(): Promise<void> {
    if (this.#isClosing) return
    this.#isClosing = true
    await this.#calls.call('close', []).catch(() => {})
    await this.#worker.terminate()
    this.#calls.fail(new WorkerStoppedError(0))
  }
}

/** The bytes in a buffer that holds nothing else: a view would take along what else the network put into its buffer. */
function ownBuffer(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  const { buffer } = bytes
  const isWhole = buffer instanceof ArrayBuffer && buffer.byteLength === bytes.byteLength
  return isWhole ? new Uint8Array(buffer) : bytes.slice()
}

/**
 * Starts the thread, reads the rows and starts the engine in it. Rejects with the data's or the engine's error, by its
 * original name, code and message.
 */
export async function startVectorWorker(init: VectorWorkerInit): Promise<VectorWorker & { report: WorkerReport }> {
  const worker = new Worker(siblingModule('worker', import.meta.url), {
    workerData: init,
    resourceLimits: { maxYoungGenerationSizeMb: MAX_YOUNG_GENERATION_MB }
  })
  const vectors = new VectorWorker(worker)
  try {
    return Object.assign(vectors, { report: await vectors.describe() })
  } catch (error) {
    await vectors.close()
    throw error
  }
}
