import { InvalidTopologyError, TopologyTooLargeError } from './errors.ts'
import { isObject, type JsonLayer, type JsonModel, type JsonObject, readObject } from './read-model.ts'
import { refuse, requireRightPadding, requireTrainable } from './refused-layers.ts'

/** A model in a wrapper in a model in a model: far more than anybody writes, far less than overflows the stack. */
const MAX_DEPTH = 64

/** Their noise cannot be seeded, so nobody could train to the same bits twice. */
const LAYERS_WITH_FREE_NOISE = new Set(['GaussianNoise', 'GaussianDropout', 'AlphaDropout'])

/** Looks through everything that the layers API would build, before it builds. Throws UnsupportedLayerError and others. */
export function requireBuildable(model: JsonModel): void {
  visit(model.config, 0)
  for (const layer of model.layers) requireLayer(layer)
  if (model.type === 'functional') requireWiring(model.config)
}

/** Wrappers hold layers, and layers hold models: whatever has a class and a config is looked at. */
function visit(value: unknown, depth: number): void {
  if (depth > MAX_DEPTH) throw new TopologyTooLargeError('levels of nesting', depth, MAX_DEPTH)
  if (typeof value === 'number' && !Number.isFinite(value)) throw new InvalidTopologyError('a number is infinite')
  if (Array.isArray(value)) for (const item of value) visit(item, depth + 1)
  if (!isObject(value)) return
  for (const item of Object.values(value)) visit(item, depth + 1)
  const { class_name: className, config, name } = value
  // The API prints names in its warnings as they are.
  if (typeof name === 'string' && /\p{C}/u.test(name)) throw new InvalidTopologyError('a name has control characters')
  if (typeof className !== 'string' || !isObject(config)) return
  // The API looks classes and names up in plain objects, which have these.
  if (className in {}) throw new InvalidTopologyError(`there is no layer ${className}`)
  if (depth === 0 || config.layers === undefined) return
  const nested = readObject(config, 'config of a model')
  for (const layer of readNested(nested)) requireLayer(layer)
  if (className !== 'Sequential') requireWiring(nested)
}

function readNested({ layers }: JsonObject): JsonLayer[] {
  if (!Array.isArray(layers)) throw new InvalidTopologyError('a model has no list of layers')
  return layers.map((entry: unknown) => {
    const json = readObject(entry, 'a layer')
    const config = readObject(json.config, 'config of a layer')
    return { className: String(json.class_name), name: String(config.name ?? json.name), config, json }
  })
}

function requireLayer(layer: JsonLayer): void {
  const { className, config } = layer
  requireTrainable(layer)
  requireRightPadding(layer)
  if (LAYERS_WITH_FREE_NOISE.has(className)) refuse(layer, 'its noise cannot be seeded: use Dropout')
  // Seen against finite differences, on both engines; our own stacks correct it.
  if (className.startsWith('AveragePooling') && config.padding === 'same') {
    refuse(layer, 'TensorFlow.js gets its gradient wrong at the edges with padding same: use padding valid')
  }
  if (config.stateful === true) refuse(layer, 'it is stateful: rows are drawn in random order')
  for (const key of ['dropout', 'recurrent_dropout']) {
    if (Number(config[key] ?? 0) > 0) refuse(layer, `its ${key} cannot be seeded: use a Dropout layer`)
  }
  // What wrappers wrap: TimeDistributed and Bidirectional a layer, RNN one or several cells.
  for (const inner of [config.layer, config.cell, config.cells].flat()) {
    if (!isObject(inner) || !isObject(inner.config)) continue
    const name = String(inner.config.name ?? layer.name)
    requireLayer({ className: String(inner.class_name), name, config: inner.config, json: inner })
  }
}

/**
 * Walks a functional model's wiring as the API does, which would wait for ever for a layer that never comes. Throws
 * InvalidTopologyError.
 */
function requireWiring(config: JsonObject): void {
  const entries = readNested(config)
  const built = new Map<string, number>()
  let waiting: { name: string; inputs: readonly unknown[] }[] = []
  for (const { className, name, json } of entries) {
    if (name in {} || name !== json.name) throw new InvalidTopologyError('a layer has no usable name')
    if (built.has(name)) throw new InvalidTopologyError('two layers have the same name')
    built.set(name, className === 'InputLayer' ? 1 : 0)
    const nodes = json.inbound_nodes
    if (!Array.isArray(nodes)) throw new InvalidTopologyError('a layer has no inbound_nodes')
    for (const node of nodes) {
      const inputs = readTensors(node)
      // The API would not call the layer then, and wait for its output all the same.
      if (inputs.length === 0) throw new InvalidTopologyError('a layer is called without inputs')
      waiting.push({ name, inputs })
    }
  }
  while (waiting.length > 0) {
    const left = waiting.filter(({ name, inputs }) => {
      const isReady = inputs.every((input) => (built.get(nameOf(input)) ?? 0) > indexOf(input))
      if (isReady) built.set(name, built.get(name)! + 1)
      return !isReady
    })
    if (left.length === waiting.length) {
      throw new InvalidTopologyError('its layers wait for each other, or for a layer that it does not have')
    }
    waiting = left
  }
  for (const key of ['input_layers', 'output_layers']) {
    const [end] = readTensors(config[key])
    if (end === undefined || (built.get(nameOf(end)) ?? 0) <= indexOf(end)) {
      throw new InvalidTopologyError(`its ${key} are not layers that it has`)
    }
  }
}

/** References to tensors, each [layer, node, output]. */
function readTensors(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new InvalidTopologyError('the wiring is not a list of [layer, node, tensor]')
  for (const item of value) {
    const isReference = Array.isArray(item) && typeof item[0] === 'string' && Number.isInteger(item[1]) && item[2] === 0
    if (!isReference) throw new InvalidTopologyError('the wiring is not a list of [layer, node, tensor]')
  }
  return value
}

function nameOf(reference: unknown): string {
  return (reference as [string])[0]
}

function indexOf(reference: unknown): number {
  return (reference as [string, number])[1]
}
