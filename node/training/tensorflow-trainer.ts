import { setImmediate as nextTurn } from 'node:timers/promises'
import type { AbortOptions } from '@libp2p/interface'
import type { Dataset } from '../data/index.ts'
import { BatchStream } from './batches.ts'
import type { Engine } from './engines.ts'
import {
  EmptySplitError,
  NotSupportedError,
  TrainerArgumentError,
  TrainerBusyError,
  TrainerClosedError,
  TrainingDivergedError
} from './errors.ts'
import { requireHead } from './head.ts'
import type { Loss } from './loss.ts'
import type { GradientSink, Network } from './network.ts'
import { createOptimiser, type Optimiser, type OptimiserKind } from './optimiser.ts'
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts'
import { StackNetwork } from './stack-network.ts'
import { requireStepFits } from './step-memory.ts'
import type { StackTopology, Topology } from './topology.ts'
import type { Features, Metrics, Split, Trainer, TrainOptions, TrainReport } from './trainer.ts'

export interface TensorFlowTrainerInit<T extends Topology = StackTopology> {
  readonly topology: T
  /** What the topology's last layer is for. Default: the cross-entropy of a classifier. */
  readonly loss?: Loss
  readonly training: Dataset
  /** Rows that `evaluate(…, 'heldOut')` measures on; never trained on. */
  readonly heldOut?: Dataset
  /** Rows a step; cut to the rows there are. */
  readonly batch: number
  readonly learningRate: number
  readonly optimiser: OptimiserKind
  /** Share of the velocity that a step keeps, from 0 to below 1. Only with the optimiser `momentum`. */
  readonly momentum?: number
  /** Stays the caller's: closing the trainer does not stop it, for other trainers may use it. */
  readonly engine: Engine
}

export interface TensorFlowTrainer extends Trainer {
  /** Rows a step after the cut. */
  readonly batch: number
  /** What computes: the engine given, or pure JavaScript with a reason where that cannot train this model. */
  readonly engine: Engine
}

/** The usual momentum (Sutskever et al. 2013, table 1). */
const DEFAULT_MOMENTUM = 0.9

/** A pause lets the thread answer messages. 20 ms is well under the 50 ms that a thread may be silent (design, 2). */
const SLICE_MS = 20

/**
 * Multiplications of one uninterrupted forward pass: about 10 ms at the 10 GFLOP/s that wasm reaches on one core
 * (measured on 960 x 960 layers, batch 32).
 */
const CHUNK_MULTIPLICATIONS = 5e7

/** From here on more rows at once do not make a small model faster (measured on 64-64-10). */
const MAX_CHUNK_ROWS = 1024

/** Values in all layers of one uninterrupted forward pass: 32 MiB, so that measuring takes no more memory than a step. */
const CHUNK_ACTIVATIONS = 8 * 1024 * 1024

/**
 * A trainer for any model that `decodeTopology` reads; the layers API is imported only for those that need it. Throws
 * as `createTensorFlowTrainer` does.
 */
export async function createTrainer(init: TensorFlowTrainerInit<Topology>): Promise<TensorFlowTrainer> {
  const { topology } = init
  if (topology.type === 'stack') return createTensorFlowTrainer({ ...init, topology })
  const { createLayersModelNetwork } = await import('./layers-model-network.ts')
  const { network, engine } = await createLayersModelNetwork(init.engine, topology, init.loss)
  try {
    return trainOn({ ...init, engine }, network)
  } catch (error) {
    network.close?.()
    throw error
  }
}

/**
 * A trainer for stacks on an engine of TensorFlow.js. Losses are read at every step: they are computed on the host, so
 * they cost nothing extra. Throws EmptySplitError and TrainerArgumentError for data, sizes and rates that do not fit the
 * topology, UnsupportedLayerError for a topology that does not end as the loss needs it, StepTooLargeError for a batch
 * that takes too much memory.
 */
export function createTensorFlowTrainer(init: TensorFlowTrainerInit): TensorFlowTrainer {
  return trainOn(init, new StackNetwork(init.engine, init.topology, init.loss ?? softmaxCrossEntropy))
}

function trainOn(init: TensorFlowTrainerInit<Topology>, network: Network): TensorFlowTrainer {
  const { topology, training, heldOut, batch, learningRate, momentum = DEFAULT_MOMENTUM } = init
  const { loss = softmaxCrossEntropy } = init
  requireLoss(topology, loss)
  if (training.count === 0) throw new EmptySplitError('training')
  requireFits('training', training, topology, loss)
  if (heldOut !== undefined) requireFits('heldOut', heldOut, topology, loss)
  requireCount('batch', batch, 1)
  requireRate(learningRate)
  if (!(momentum >= 0 && momentum < 1)) throw new TrainerArgumentError('momentum', momentum, 'at least 0 and below 1')
  requireStepFits(topology, Math.min(batch, training.count))
  return new NetworkTrainer(init, network, loss, momentum)
}

class NetworkTrainer implements TensorFlowTrainer {
  readonly parameterCount: number
  readonly batch: number
  readonly engine: Engine
  readonly #topology: Topology
  readonly #loss: Loss
  readonly #splits: Readonly<Record<Split, Dataset | undefined>>
  readonly #learningRate: number
  readonly #network: Network
  readonly #optimiser: Optimiser
  readonly #batches: BatchStream
  readonly #chunkRows: number
  #isTraining = false
  #isClosed = false

  constructor(init: TensorFlowTrainerInit<Topology>, network: Network, loss: Loss, momentum: number) {
    this.engine = init.engine
    this.#topology = init.topology
    this.#loss = loss
    this.#splits = { training: init.training, heldOut: init.heldOut }
    this.#learningRate = init.learningRate
    this.#network = network
    this.#optimiser = createOptimiser(init.optimiser, init.topology.parameterCount, momentum)
    this.#batches = new BatchStream(init.training, init.batch)
    this.#chunkRows = chunkRows(init.topology)
    this.batch = this.#batches.size
    this.parameterCount = init.topology.parameterCount
  }

  /**
   * Rejects with TrainerArgumentError, NotSupportedError, TrainerBusyError, TrainerClosedError, the signal's reason, or
   * TrainingDivergedError, after which the optimiser remembers nothing: moments that are not finite would spoil every
   * step to come. A step whose loss is not finite is not applied.
   */
  async train(parameters: Float32Array, steps: number, options: TrainOptions = {}): Promise<TrainReport> {
    this.#requireReady(parameters, options)
    requireCount('steps', steps, 0)
    requireOptions(options, this.parameterCount)
    if (this.#isTraining) throw new TrainerBusyError()
    this.#isTraining = true
    try {
      return await this.#train(parameters, steps, options)
    } finally {
      this.#isTraining = false
    }
  }

  async #train(parameters: Float32Array, steps: number, options: TrainOptions): Promise<TrainReport> {
    const { seed, learningRate = this.#learningRate, onStep } = options
    if (seed !== undefined) this.#batches.useSeed(seed)
    const sink = this.#gradientSink(parameters, learningRate, options)
    const pause = createPause()
    const start = performance.now()
    let lossSum = 0
    for (let step = 1; step <= steps; step++) {
      const loss = this.#network.backpropagate(parameters, this.#batches.next(), sink)
      if (!Number.isFinite(loss)) throw this.#diverged('the loss', loss, step, learningRate)
      this.#optimiser.finishStep()
      lossSum += loss
      onStep?.({ step, loss })
      await pause()
      this.#requireReady(parameters, options)
    }
    // A finite loss is from before the update, so the last update is looked at itself.
    const bad = parameters.find((value) => !Number.isFinite(value))
    if (bad !== undefined) throw this.#diverged('a parameter', bad, steps, learningRate)
    return { steps, loss: lossSum / steps, ms: performance.now() - start }
  }

  #diverged(...found: ConstructorParameters<typeof TrainingDivergedError>): TrainingDivergedError {
    this.#optimiser.reset()
    return new TrainingDivergedError(...found)
  }

  /** Adds what the options ask for to each gradient, then lets the optimiser use it. */
  #gradientSink(parameters: Float32Array, learningRate: number, options: TrainOptions): GradientSink {
    const { correction, proximal } = options
    return (offset, gradient) => {
      if (correction !== undefined) addTo(gradient, correction, offset)
      if (proximal !== undefined) {
        const { centre, lambda } = proximal
        for (let i = 0; i < gradient.length; i++) {
          gradient[i]! += lambda * (parameters[offset + i]! - centre[offset + i]!)
        }
      }
      this.#optimiser.apply(parameters, offset, gradient, learningRate)
    }
  }

  /** Rejects with EmptySplitError where the split has no rows, else as `train` does. */
  async evaluate(parameters: Float32Array, split: Split, options: AbortOptions = {}): Promise<Metrics> {
    this.#requireReady(parameters, options)
    const dataset = this.#splits[split]
    if (dataset === undefined || dataset.count === 0) throw new EmptySplitError(split)
    const meter = this.#loss.createMeter(this.#topology.outputs)
    for await (const { outputs, from, to } of this.#chunks(parameters, dataset.features, options)) {
      meter.add(outputs, dataset.labels.subarray(from, to))
    }
    return meter.metrics
  }

  async predict(parameters: Float32Array, rows: Features, options: AbortOptions = {}): Promise<Float32Array> {
    this.#requireReady(parameters, options)
    const { inputs, outputs: width } = this.#topology
    requireLength('rows.values', rows.values.length, rows.count * inputs)
    const predictions = new Float32Array(rows.count * width)
    for await (const { outputs, from } of this.#chunks(parameters, rows.values, options)) {
      this.#loss.predictInPlace(outputs, width)
      predictions.set(outputs, from * width)
    }
    return predictions
  }

  async close(): Promise<void> {
    if (!this.#isClosed) this.#network.close?.()
    this.#isClosed = true
  }

  /** Forward passes over all rows, a few at a time, with pauses between them. */
  async *#chunks(parameters: Float32Array, rows: Float32Array, options: AbortOptions) {
    const { inputs } = this.#topology
    const count = rows.length / inputs
    const pause = createPause()
    for (let from = 0; from < count; from += this.#chunkRows) {
      const to = Math.min(from + this.#chunkRows, count)
      const outputs = this.#network.outputs(parameters, rows.subarray(from * inputs, to * inputs))
      yield { outputs, from, to }
      await pause()
      this.#requireReady(parameters, options)
    }
  }

  #requireReady(parameters: Float32Array, { signal }: AbortOptions): void {
    if (this.#isClosed) throw new TrainerClosedError()
    signal?.throwIfAborted()
    requireLength('parameters', parameters.length, this.parameterCount)
  }
}

/** Waits for the thread's other work, but only where SLICE_MS have passed since it last had its turn. */
function createPause(): () => Promise<void> {
  let sliceStart = performance.now()
  return async () => {
    if (performance.now() - sliceStart < SLICE_MS) return
    await nextTurn()
    sliceStart = performance.now()
  }
}

function chunkRows({ multiplicationsPerRow, activationsPerRow }: Topology): number {
  const inTime = Math.ceil(CHUNK_MULTIPLICATIONS / multiplicationsPerRow)
  return Math.min(MAX_CHUNK_ROWS, inTime, Math.ceil(CHUNK_ACTIVATIONS / activationsPerRow))
}

function addTo(gradient: Float32Array, vector: Float32Array, offset: number): void {
  for (let i = 0; i < gradient.length; i++) gradient[i]! += vector[offset + i]!
}

function requireLoss(topology: Topology, { kind }: Loss): void {
  if (topology.type === 'stack') requireHead(topology.layers, kind)
  else if (topology.loss !== kind) throw new TrainerArgumentError('loss', kind, `the model's ${topology.loss}`)
}

function requireFits(split: Split, dataset: Dataset, topology: Topology, loss: Loss): void {
  const { features, labels, count, featureCount } = dataset
  if (featureCount !== topology.inputs) {
    throw new TrainerArgumentError(`featureCount of ${split}`, featureCount, `the model's ${topology.inputs} inputs`)
  }
  requireLength(`features of ${split}`, features.length, count * featureCount)
  requireLength(`labels of ${split}`, labels.length, count)
  loss.requireLabels(split, labels, topology.outputs)
}

function requireOptions({ learningRate, correction, proximal, perExampleClip }: TrainOptions, length: number): void {
  if (perExampleClip !== undefined) throw new NotSupportedError('perExampleClip', 'train without it')
  if (learningRate !== undefined) requireRate(learningRate)
  if (correction !== undefined) requireLength('correction', correction.length, length)
  if (proximal === undefined) return
  requireLength('proximal.centre', proximal.centre.length, length)
  if (!(proximal.lambda >= 0)) throw new TrainerArgumentError('proximal.lambda', proximal.lambda, 'at least 0')
}

function requireRate(learningRate: number): void {
  if (Number.isFinite(learningRate) && learningRate > 0) return
  throw new TrainerArgumentError('learningRate', learningRate, 'a finite number above 0')
}

function requireCount(what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least) return
  throw new TrainerArgumentError(what, value, `an integer of at least ${least}`)
}

function requireLength(what: string, length: number, expected: number): void {
  if (length !== expected) throw new TrainerArgumentError(`length of ${what}`, length, `${expected}`)
}
