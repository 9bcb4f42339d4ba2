import type { Random } from '../../protocols/averaging/index.ts'
import type { Batch } from './batches.ts'
import { type Engine, startEngine } from './engines.ts'
import type { DifferentiableTensorFlow, KerasLayer, LayersModel } from './layers-api.ts'
import { buildLayersModel, disposeLayersModel } from './layers-model.ts'
import type { Loss } from './loss.ts'
import type { GradientSink, Network } from './network.ts'
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts'
import type { Tensor } from './tensorflow.ts'
import type { LayersModelTopology } from './topology.ts'

/** Largest seed of TensorFlow.js's generator that is safe in 32 bits. */
const MAX_SEED = 0x7fff_fffe

/**
 * A network on the layers API, with automatic differentiation. Wasm lacks gradients of some layers; a model with such
 * a layer gets pure JavaScript instead, with the reason in its engine.
 */
export async function createLayersModelNetwork(
  engine: Engine,
  topology: LayersModelTopology,
  loss: Loss = softmaxCrossEntropy
): Promise<{ readonly network: Network; readonly engine: Engine }> {
  const network = new LayersModelNetwork(engine, topology, loss, await buildLayersModel(engine, topology.model))
  try {
    network.try()
    return { network, engine }
  } catch (error) {
    network.close()
    if (engine.name === 'tfjs-cpu') throw error
    const reason = error instanceof Error ? error.message.split('\n')[0]! : String(error)
    const cpu = { ...(await startEngine('cpu')), reason: `wasm cannot train this model: ${reason}` }
    return createLayersModelNetwork(cpu, topology, loss)
  }
}

class LayersModelNetwork implements Network {
  readonly #engine: Engine
  readonly #tf: DifferentiableTensorFlow
  readonly #topology: LayersModelTopology
  readonly #loss: Loss
  readonly #model: LayersModel
  readonly #dropouts: readonly KerasLayer[]

  constructor(engine: Engine, topology: LayersModelTopology, loss: Loss, model: LayersModel) {
    this.#engine = engine
    this.#tf = engine.tf as DifferentiableTensorFlow
    this.#topology = topology
    this.#loss = loss
    this.#model = model
    this.#dropouts = dropoutsOf(model.layers)
  }

  /** One step on a row of zeros that changes nothing. Throws TensorFlow.js's error where the engine lacks a kernel. */
  try(): void {
    const { inputs, parameterCount } = this.#topology
    this.#engine.run(() => {
      this.#assign(new Float32Array(parameterCount))
      this.#differentiate(() => this.#tf.sum(this.#forward(new Float32Array(inputs), true)))
    })
  }

  outputs(parameters: Float32Array, rows: Float32Array): Float32Array {
    return this.#engine.run(() => {
      this.#assign(parameters)
      return this.#forward(rows, false).dataSync()
    })
  }

  backpropagate(parameters: Float32Array, batch: Batch, sink: GradientSink): number {
    for (const layer of this.#dropouts) layer.seed = drawSeed(batch.random)
    return this.#engine.run(() => {
      this.#assign(parameters)
      let loss = Number.NaN
      const gradients = this.#differentiate(() => {
        const outputs = this.#forward(batch.features, true)
        // The gradient of the loss is known on the host; the sum below has just this one.
        const delta = outputs.dataSync().slice()
        loss = this.#loss.replaceByGradient(delta, batch.labels, this.#topology.outputs)
        return this.#tf.sum(this.#tf.mul(outputs, this.#tf.tensor(delta, outputs.shape)))
      })
      if (!Number.isFinite(loss)) return loss
      for (const [i, { offset }] of this.#topology.weights.entries()) sink(offset, gradients[i]!)
      return loss
    })
  }

  close(): void {
    this.#engine.run(() => disposeLayersModel(this.#model))
  }

  #assign(parameters: Float32Array): void {
    for (const [i, { offset, shape }] of this.#topology.weights.entries()) {
      const { val } = this.#model.trainableWeights[i]!
      const length = shape.reduce((size, side) => size * side, 1)
      val.assign(this.#tf.tensor(parameters.subarray(offset, offset + length), shape))
    }
  }

  #forward(rows: Float32Array, training: boolean): Tensor {
    const { inputs, inputShape } = this.#topology
    return this.#model.apply(this.#tf.tensor(rows, [rows.length / inputs, ...inputShape]), { training })
  }

  /** A gradient for each weight, copied, because tensors may share memory; zeros where the output ignores a weight. */
  #differentiate(work: () => Tensor): Float32Array[] {
    const variables = this.#model.trainableWeights.map(({ val }) => val)
    const { grads } = this.#tf.variableGrads(work, variables)
    return variables.map(({ name, shape }) => {
      const gradient = grads[name]
      return gradient?.dataSync().slice() ?? new Float32Array(shape.reduce((size, side) => size * side, 1))
    })
  }
}

function dropoutsOf(layers: readonly KerasLayer[]): KerasLayer[] {
  return layers.flatMap((layer) => {
    if (layer.layers !== undefined) return dropoutsOf(layer.layers)
    return /Dropout/.test(layer.getClassName()) ? [layer] : []
  })
}

function drawSeed(random: Random): number {
  return 1 + Math.floor(random.next() * MAX_SEED)
}
