import { InvalidTopologyError, TopologyTooLargeError, UnsupportedLayerError } from './errors.ts'
import type { LossKind } from './loss.ts'
import { MAX_LAYERS, MAX_MODEL_JSON_BYTES, MAX_PARAMETERS, MAX_UNITS } from './topology-limits.ts'

export type Activation = 'linear' | 'relu' | 'softmax'

/** y = activation(x · kernel + bias), with x of shape [rows, inputs] and y of shape [rows, units]. */
export interface DenseLayer {
  readonly name: string
  readonly inputs: number
  readonly units: number
  readonly activation: Activation
  readonly useBias: boolean
}

/** Where one weight lies in the flat parameter vector: row-major from `offset`, counted in float32 values. */
export interface WeightSpec {
  readonly name: string
  readonly shape: readonly number[]
  readonly offset: number
}

/** A stack of dense layers that ends in a softmax over the classes, or in one linear unit. */
export interface Topology {
  readonly inputs: number
  readonly outputs: number
  readonly layers: readonly DenseLayer[]
  /** In the order of the flat vector: each layer's kernel, then its bias. */
  readonly weights: readonly WeightSpec[]
  readonly parameterCount: number
}

type JsonObject = Readonly<Record<string, unknown>>

/** A layer as written, with what every kind of layer has. */
interface RawLayer {
  readonly className: string
  readonly name: string
  readonly config: JsonObject
}

/** Layers with moving statistics: weights that no gradient changes, which averaging would have to treat apart. */
const LAYERS_WITH_STATISTICS = new Set(['BatchNormalization', 'Normalization', 'SpectralNormalization'])

/** What changes the loss or the update in ways that our step does not follow. */
const CHANGES_TO_TRAINING = [
  'kernel_regularizer',
  'bias_regularizer',
  'activity_regularizer',
  'kernel_constraint',
  'bias_constraint'
] as const

/** Reads the bytes of a `model.json`. Throws TopologyTooLargeError before it parses more than MAX_MODEL_JSON_BYTES. */
export function decodeTopology(bytes: Uint8Array, loss: LossKind = 'softmax-cross-entropy'): Topology {
  if (bytes.length > MAX_MODEL_JSON_BYTES) {
    throw new TopologyTooLargeError('bytes of model.json', bytes.length, MAX_MODEL_JSON_BYTES)
  }
  return parseTopology(parseJson(bytes), loss)
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new InvalidTopologyError(`${bytes.length} bytes are not UTF-8 JSON`, { cause })
  }
}

/**
 * Reads a parsed `model.json`, ours or one that Keras or TensorFlow.js wrote, trusting nothing in it. It must end as the
 * loss of its run needs it.
 * Throws InvalidTopologyError, TopologyTooLargeError, or UnsupportedLayerError with the layer's name and class.
 */
export function parseTopology(json: unknown, loss: LossKind = 'softmax-cross-entropy'): Topology {
  const raw = readLayers(json)
  const layers: DenseLayer[] = []
  let width = readInputShape(raw[0]!)
  for (const [index, layer] of raw.entries()) {
    if (index === 0 && layer.className === 'InputLayer') continue
    const dense = parseDense(layer, width)
    layers.push(dense)
    width = dense.units
  }
  if (layers.length === 0) throw new UnsupportedLayerError(raw[0]!.name, 'InputLayer', 'no other layer follows it')
  requireHead(layers, loss)
  return { inputs: layers[0]!.inputs, outputs: width, layers, ...placeWeights(layers) }
}

function readLayers(json: unknown): RawLayer[] {
  const root = readObject(json, 'model.json')
  let model = readObject(root.modelTopology ?? root, 'modelTopology')
  // Keras wraps the model once more than TensorFlow.js does.
  if (model.model_config !== undefined) model = readObject(model.model_config, 'model_config')
  if (model.class_name !== 'Sequential') {
    throw new InvalidTopologyError('the model is not Sequential: only plain stacks of layers can be read')
  }
  // Keras before 2.2.3 wrote the list of layers where newer ones have an object with a name.
  const list = Array.isArray(model.config) ? model.config : readObject(model.config, 'config').layers
  if (!Array.isArray(list) || list.length === 0) throw new InvalidTopologyError('it has no layers')
  if (list.length > MAX_LAYERS) throw new TopologyTooLargeError('layers', list.length, MAX_LAYERS)
  const layers = list.map(readLayer)
  if (new Set(layers.map(({ name }) => name)).size < layers.length) {
    throw new InvalidTopologyError('two layers have the same name')
  }
  return layers
}

function readLayer(json: unknown, index: number): RawLayer {
  const layer = readObject(json, `layer ${index}`)
  const config = readObject(layer.config, `config of layer ${index}`)
  const className = layer.class_name
  const name = config.name
  if (typeof className !== 'string') throw new InvalidTopologyError(`layer ${index} has no class_name`)
  if (typeof name !== 'string' || name === '') throw new InvalidTopologyError(`layer ${index} has no name`)
  return { className, name, config }
}

function readInputShape({ config }: RawLayer): number {
  const shape = config.batch_input_shape ?? config.batch_shape
  if (!Array.isArray(shape) || shape.length !== 2 || shape[0] !== null) {
    throw new InvalidTopologyError('the first layer has no batch_input_shape of the form [null, inputs]')
  }
  return readSize(shape[1], 'inputs')
}

function parseDense({ className, name, config }: RawLayer, inputs: number): DenseLayer {
  const refuse = (reason: string): never => {
    throw new UnsupportedLayerError(name, className, reason)
  }
  if (LAYERS_WITH_STATISTICS.has(className)) refuse('it has weights that gradients do not train')
  if (className !== 'Dense') refuse('of all layers only Dense can be trained yet')
  if (config.trainable === false) refuse('its weights are frozen (trainable is false)')
  for (const key of CHANGES_TO_TRAINING) if (config[key] != null) refuse(`it has a ${key}`)
  const dtype = config.dtype ?? 'float32'
  if (dtype !== 'float32') refuse('its dtype is not float32')
  const useBias = config.use_bias ?? true
  if (typeof useBias !== 'boolean') throw new InvalidTopologyError('use_bias is neither true nor false')
  const activation = config.activation ?? 'linear'
  if (activation !== 'linear' && activation !== 'relu' && activation !== 'softmax') {
    return refuse('of all activations only linear, relu and softmax can be trained yet')
  }
  return { name, inputs, units: readSize(config.units, 'units'), activation, useBias }
}

/**
 * Cross-entropy over classes needs a softmax as the last activation and the only one, the squared error one linear unit.
 * Throws UnsupportedLayerError.
 */
export function requireHead(layers: readonly DenseLayer[], loss: LossKind): void {
  for (const [index, { name, units, activation }] of layers.entries()) {
    const isLast = index === layers.length - 1
    if (loss === 'softmax-cross-entropy' && (activation === 'softmax') !== isLast) {
      throw new UnsupportedLayerError(
        name,
        'Dense',
        'the last layer must have the activation softmax, and no other may'
      )
    }
    if (loss === 'mean-squared-error' && (activation === 'softmax' || (isLast && activation !== 'linear'))) {
      throw new UnsupportedLayerError(
        name,
        'Dense',
        'to predict a number the last layer must have the activation linear'
      )
    }
    if (loss === 'mean-squared-error' && isLast && units !== 1) {
      throw new UnsupportedLayerError(
        name,
        'Dense',
        `to predict a number the last layer must have 1 unit, not ${units}`
      )
    }
  }
}

function placeWeights(layers: readonly DenseLayer[]): Pick<Topology, 'weights' | 'parameterCount'> {
  const weights: WeightSpec[] = []
  let offset = 0
  for (const { name, inputs, units, useBias } of layers) {
    weights.push({ name: `${name}/kernel`, shape: [inputs, units], offset })
    offset += inputs * units
    if (useBias) weights.push({ name: `${name}/bias`, shape: [units], offset })
    if (useBias) offset += units
  }
  // 64 layers of 1e6 x 1e6 weights are below 2^53, so the sum is exact.
  if (offset > MAX_PARAMETERS) throw new TopologyTooLargeError('parameters', offset, MAX_PARAMETERS)
  return { weights, parameterCount: offset }
}

function readObject(value: unknown, what: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject
  throw new InvalidTopologyError(`${what} is not an object`)
}

function readSize(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_UNITS) return value
  throw new InvalidTopologyError(`${what} is ${JSON.stringify(value)?.slice(0, 64)}, expected 1 to ${MAX_UNITS}`)
}
