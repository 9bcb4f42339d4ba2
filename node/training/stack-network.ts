import type { Random } from '../../protocols/averaging/index.ts'
import type { Batch } from './batches.ts'
import { createConvOperation } from './conv-operation.ts'
import { createDenseOperation } from './dense-operation.ts'
import { createDropoutOperation } from './dropout-operation.ts'
import type { Engine } from './engines.ts'
import type { Loss } from './loss.ts'
import type { GradientSink, Network } from './network.ts'
import type { Operation, Pass } from './operation.ts'
import { createPoolOperation } from './pool-operation.ts'
import type { TensorFlow } from './tensorflow.ts'
import { type ConvLayer, type PoolLayer, type StackLayer, type StackTopology, sizeOf } from './topology.ts'

/**
 * Forward and backward pass of a stack, written out by hand. The engine multiplies and convolves; what is linear in the
 * batch or done once per weight runs on the host, straight on the flat vector. On small models the time goes into
 * calls, not arithmetic: a wasm step of 64-64-10, batch 32, takes 0.16 ms, with automatic differentiation 0.31 ms. With
 * a million parameters the update on the host costs what the calls save: 22 to 25 ms a step either way.
 */
export class StackNetwork implements Network {
  readonly #engine: Engine
  readonly #loss: Loss
  readonly #operations: readonly Operation[]
  readonly #topology: StackTopology
  /** Where the weights of convolutions lie in the flat vector: [from, to]. */
  readonly #convWeights: readonly (readonly [number, number])[]

  constructor(engine: Engine, topology: StackTopology, loss: Loss) {
    this.#engine = engine
    this.#loss = loss
    this.#topology = topology
    this.#operations = createOperations(engine.tf, topology)
    this.#convWeights = convWeights(topology)
  }

  outputs(parameters: Float32Array, rows: Float32Array): Float32Array {
    const { inputs, outputs } = this.#topology
    if (!this.#isFinite(parameters)) return new Float32Array((rows.length / inputs) * outputs).fill(Number.NaN)
    return this.#engine.run(() => this.#forward(parameters, rows).at(-1)!.output.dataSync())
  }

  backpropagate(parameters: Float32Array, batch: Batch, sink: GradientSink): number {
    if (!this.#isFinite(parameters)) return Number.NaN
    return this.#engine.run(() => {
      const passes = this.#forward(parameters, batch.features, batch.random)
      let delta = passes.at(-1)!.output.dataSync()
      const loss = this.#loss.replaceByGradient(delta, batch.labels, this.#topology.outputs)
      if (!Number.isFinite(loss)) return loss
      for (let i = passes.length - 1; i >= 0; i--) delta = passes[i]!.backward(delta, i > 0, sink)
      return loss
    })
  }

  /** Pools pass over what is not a number (both engines), so that broken weights before them would not show. */
  #isFinite(parameters: Float32Array): boolean {
    return this.#convWeights.every(([from, to]) => {
      let sum = 0
      for (let i = from; i < to; i++) sum += parameters[i]!
      return Number.isFinite(sum)
    })
  }

  #forward(parameters: Float32Array, rows: Float32Array, random?: Random): Pass[] {
    const { inputs, inputShape } = this.#topology
    let tensor = this.#engine.tf.tensor(rows, [rows.length / inputs, ...inputShape])
    return this.#operations.map((operation) => {
      const pass = operation(tensor, parameters, random)
      tensor = pass.output
      return pass
    })
  }
}

function convWeights({ layers, weights }: StackTopology): [number, number][] {
  const names = new Set(layers.filter(({ type }) => type === 'conv').map(({ name }) => name))
  return weights
    .filter(({ name }) => names.has(name.slice(0, name.lastIndexOf('/'))))
    .map(({ offset, shape }) => [offset, offset + sizeOf(shape)])
}

function createOperations(tf: TensorFlow, { layers, weights }: StackTopology): Operation[] {
  const offsets = new Map(weights.map(({ name, offset }) => [name, offset]))
  return layers.map((layer, i) => {
    const offset = offsets.get(`${layer.name}/kernel`) ?? 0
    if (isPooledRelu(layer, layers[i + 1])) return createOperation(tf, { ...layer, activation: 'linear' }, offset)
    if (isPooledRelu(layers[i - 1], layer)) return createPoolOperation(tf, layer as PoolLayer, 'relu')
    return createOperation(tf, layer, offset)
  })
}

/** The largest of relus is the relu of the largest: behind the pool it has fewer values to look at, and the same gradient. */
function isPooledRelu(layer: StackLayer | undefined, next: StackLayer | undefined): layer is ConvLayer {
  return layer?.type === 'conv' && layer.activation === 'relu' && next?.type === 'pool' && next.kind === 'max'
}

function createOperation(tf: TensorFlow, layer: StackLayer, offset: number): Operation {
  switch (layer.type) {
    case 'dense':
      return createDenseOperation(tf, layer, offset)
    case 'conv':
      return createConvOperation(tf, layer, offset)
    case 'pool':
      return createPoolOperation(tf, layer, 'linear')
    case 'dropout':
      return createDropoutOperation(tf, layer)
  }
}
