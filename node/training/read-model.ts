import { InvalidTopologyError, TopologyTooLargeError } from './errors.ts'
import { MAX_LAYERS, MAX_MODEL_JSON_BYTES, MAX_UNITS } from './topology-limits.ts'

export type JsonObject = Readonly<Record<string, unknown>>

/** A layer as written, with what every kind of layer has. */
export interface JsonLayer {
  readonly className: string
  readonly name: string
  readonly config: JsonObject
  /** The whole entry: a functional model has its wiring beside the config. */
  readonly json: JsonObject
}

/** A model as written: a plain stack of layers, or a graph of them. */
export interface JsonModel {
  readonly type: 'sequential' | 'functional'
  readonly className: string
  readonly name: string
  readonly config: JsonObject
  readonly layers: readonly JsonLayer[]
}

/** Parses the bytes of a `model.json`. Throws TopologyTooLargeError before it parses too many, InvalidTopologyError. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.length > MAX_MODEL_JSON_BYTES) {
    throw new TopologyTooLargeError('bytes of model.json', bytes.length, MAX_MODEL_JSON_BYTES)
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new InvalidTopologyError(`${bytes.length} bytes are not UTF-8 JSON`, { cause })
  }
}

/** Finds the model and its layers in a parsed `model.json`. Throws InvalidTopologyError, TopologyTooLargeError. */
export function readModel(json: unknown): JsonModel {
  const root = readObject(json, 'model.json')
  if (root.format === 'graph-model') {
    throw new InvalidTopologyError('it is a graph model, which cannot be trained: convert it as a layers model')
  }
  let model = readObject(root.modelTopology ?? root, 'modelTopology')
  // Keras wraps the model once more than TensorFlow.js does.
  if (model.model_config !== undefined) model = readObject(model.model_config, 'model_config')
  const className = model.class_name
  if (!isModelClass(className)) {
    throw new InvalidTopologyError('the model is neither Sequential nor Functional')
  }
  // Keras before 2.2.3 wrote the list of layers where newer ones have an object with a name.
  const config = Array.isArray(model.config) ? { layers: model.config } : readObject(model.config, 'config')
  const layers = readLayers(config.layers)
  const name = typeof config.name === 'string' ? config.name : 'model'
  return { type: className === 'Sequential' ? 'sequential' : 'functional', className, name, config, layers }
}

/** A whole model, which may also stand where a layer does. */
export function isModelClass(className: unknown): className is string {
  return className === 'Sequential' || className === 'Model' || className === 'Functional'
}

function readLayers(list: unknown): JsonLayer[] {
  if (!Array.isArray(list) || list.length === 0) throw new InvalidTopologyError('it has no layers')
  if (list.length > MAX_LAYERS) throw new TopologyTooLargeError('layers', list.length, MAX_LAYERS)
  const layers = list.map(readLayer)
  if (new Set(layers.map(({ name }) => name)).size < layers.length) {
    throw new InvalidTopologyError('two layers have the same name')
  }
  return layers
}

function readLayer(entry: unknown, index: number): JsonLayer {
  const json = readObject(entry, `layer ${index}`)
  const config = readObject(json.config, `config of layer ${index}`)
  const className = json.class_name
  const name = config.name ?? json.name
  if (typeof className !== 'string') throw new InvalidTopologyError(`layer ${index} has no class_name`)
  if (typeof name !== 'string' || name === '') throw new InvalidTopologyError(`layer ${index} has no name`)
  return { className, name, config, json }
}

/** The shape of a row by the first layer's `batch_input_shape`, which has null for the rows before it. */
export function readInputShape({ config }: JsonLayer): readonly number[] {
  const shape = config.batch_input_shape ?? config.batch_shape
  if (!Array.isArray(shape) || shape.length < 2 || shape.length > 5 || shape[0] !== null) {
    throw new InvalidTopologyError('the first layer has no batch_input_shape of the form [null, inputs]')
  }
  return shape.slice(1).map((side: unknown) => readSize(side, 'inputs'))
}

export function readObject(value: unknown, what: string): JsonObject {
  if (isObject(value)) return value
  throw new InvalidTopologyError(`${what} is not an object`)
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A size that a stranger wrote. */
export function readSize(value: unknown, what: string): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= MAX_UNITS) return value
  throw new InvalidTopologyError(`${what} is ${JSON.stringify(value)?.slice(0, 64)}, expected 1 to ${MAX_UNITS}`)
}
