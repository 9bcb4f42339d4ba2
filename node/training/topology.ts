import { InvalidTopologyError, TopologyTooLargeError, UnsupportedLayerError } from './errors.ts'
import type { LossKind } from './loss.ts'
import { type JsonModel, parseJson, readModel } from './read-model.ts'
import { parseLayers } from './stack-layers.ts'
import { MAX_ACTIVATIONS, MAX_MULTIPLICATIONS, MAX_PARAMETERS } from './topology-limits.ts'

export type Activation = 'linear' | 'relu' | 'softmax'

/** y = activation(x · kernel + bias), with x of shape [rows, inputs] and y of shape [rows, units]. */
export interface DenseLayer {
  readonly type: 'dense'
  readonly name: string
  readonly inputs: number
  readonly units: number
  readonly activation: Activation
  readonly useBias: boolean
}

/** [height, width, channels] of one row. */
export type ImageShape = readonly [number, number, number]

/** A window that moves over an image: [height, width] of its size and of its steps. */
export interface Window {
  readonly size: readonly [number, number]
  readonly strides: readonly [number, number]
  /** `same` adds zeros around, so that stride 1 keeps the size; `valid` adds none. */
  readonly padding: 'valid' | 'same'
}

/** activation(x * kernel + bias) with the kernel of shape [...window.size, channels in, channels out]. */
export interface ConvLayer {
  readonly type: 'conv'
  readonly name: string
  readonly input: ImageShape
  readonly output: ImageShape
  readonly window: Window
  readonly activation: Activation
  readonly useBias: boolean
}

/** The largest or the mean value of each window; padding never counts. */
export interface PoolLayer {
  readonly type: 'pool'
  readonly name: string
  readonly kind: 'max' | 'average'
  readonly input: ImageShape
  readonly output: ImageShape
  readonly window: Window
}

/** While training, drops this share of the values and scales the others up (Srivastava et al. 2014, inverted). */
export interface DropoutLayer {
  readonly type: 'dropout'
  readonly name: string
  readonly rate: number
}

/** What a stack can hold. Layers that only change the shape (Flatten, Reshape) leave no trace: values stay in order. */
export type StackLayer = DenseLayer | ConvLayer | PoolLayer | DropoutLayer

/** Where one weight lies in the flat parameter vector: row-major from `offset`, counted in float32 values. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
}

interface ModelShape {
  /** Shape of one row. */
  readonly inputShape: readonly number[]
  /** Values of one row: the product of `inputShape`. */
  readonly inputs: number
  readonly outputs: number
  /** In the order of the flat vector: each layer's kernel, then its bias. */
  readonly weights: readonly WeightSpec[]
  readonly parameterCount: number
  /** Values that one row becomes in all layers together. */
  readonly activationsPerRow: number
  /** Of one row's forward pass. */
  readonly multiplicationsPerRow: number
}

/** A stack of layers that ends in a softmax over the classes, or in one linear unit; our own trainer knows all of it. */
export interface StackTopology extends ModelShape {
  readonly type: 'stack'
  readonly layers: readonly StackLayer[]
}

/** Any other model that the layers API of TensorFlow.js builds. */
export interface LayersModelTopology extends ModelShape {
  readonly type: 'layers-model'
  /** The model with a softmax at its end taken away. */
  readonly model: JsonModel
  /** What its outputs are for: it was read for this loss and no other. */
  readonly loss: LossKind
}

export type Topology = StackTopology | LayersModelTopology

/**
 * Reads the bytes of a `model.json`: as a stack where it is one, else through the layers API, which is imported only
 * then. Throws as `parseTopology` does, and TopologyTooLargeError before it parses more than MAX_MODEL_JSON_BYTES.
 */
export async function decodeTopology(bytes: Uint8Array, loss: LossKind = 'softmax-cross-entropy'): Promise<Topology> {
  const json = parseJson(bytes)
  try {
    return parseTopology(json, loss)
  } catch (error) {
    if (!(error instanceof UnsupportedLayerError)) throw error
    const { readLayersModel } = await import('./layers-model.ts')
    return readLayersModel(json, loss)
  }
}

/**
 * Reads a parsed `model.json`, ours or one that Keras or TensorFlow.js wrote, trusting nothing in it. It must end as the
 * loss of its run needs it.
 * Throws InvalidTopologyError, TopologyTooLargeError, or UnsupportedLayerError with the layer's name and class.
 */
export function parseTopology(json: unknown, loss: LossKind = 'softmax-cross-entropy'): StackTopology {
  const model = readModel(json)
  if (model.type !== 'sequential') {
    throw new UnsupportedLayerError(model.name, model.className, 'it is not a plain stack of layers')
  }
  const { layers, inputShape, outputs, activationsPerRow, multiplicationsPerRow } = parseLayers(model.layers, loss)
  const sizes = { inputShape, inputs: sizeOf(inputShape), outputs, activationsPerRow, multiplicationsPerRow }
  return { type: 'stack', layers, ...requireAffordable({ ...sizes, ...placeWeights(layers.flatMap(weightsOf)) }) }
}

/** Refuses models that no peer should try to hold or compute. */
export function requireAffordable<T extends ModelShape>(model: T): T {
  const limits = [
    ['parameters', model.parameterCount, MAX_PARAMETERS],
    ['activations a row', model.activationsPerRow, MAX_ACTIVATIONS],
    ['multiplications a row', model.multiplicationsPerRow, MAX_MULTIPLICATIONS]
  ] as const
  for (const [what, value, limit] of limits) if (value > limit) throw new TopologyTooLargeError(what, value, limit)
  return model
}

/** Lays weights one behind the other. */
export function placeWeights(
  weights: readonly Omit<WeightSpec, 'offset'>[]
): Pick<ModelShape, 'weights' | 'parameterCount'> {
  let offset = 0
  const placed = weights.map((weight) => {
    const at = offset
    // 64 layers of 1e6 x 1e6 weights are below 2^53; beyond it a sum is inexact, but still far above every limit.
    offset += sizeOf(weight.shape)
    return { ...weight, offset: at }
  })
  if (new Set(placed.map(({ name }) => name)).size < placed.length) {
    throw new InvalidTopologyError('two weights have the same name')
  }
  return { weights: placed, parameterCount: offset }
}

/** Values of a tensor with this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((size, side) => size * side, 1)
}

/** The weights of one layer in their order. */
function weightsOf(layer: StackLayer): Omit<WeightSpec, 'offset'>[] {
  if (layer.type !== 'dense' && layer.type !== 'conv') return []
  const { name, useBias } = layer
  const shape =
    layer.type === 'dense' ? [layer.inputs, layer.units] : [...layer.window.size, layer.input[2], layer.output[2]]
  const kernel = { name: `${name}/kernel`, shape }
  return useBias ? [kernel, { name: `${name}/bias`, shape: [shape.at(-1)!] }] : [kernel]
}
