import { InvalidTopologyError } from './errors.ts'
import { HEAD_NEEDS } from './head.ts'
import type { LossKind } from './loss.ts'
import { isModelClass, isObject, type JsonLayer, type JsonModel, type JsonObject, readModel } from './read-model.ts'
import { refuse } from './refused-layers.ts'

/** Layers that are an activation each, so that a model which ends in one does not end in a linear unit. */
const ACTIVATION_LAYERS = new Set(['ReLU', 'LeakyReLU', 'PReLU', 'ELU', 'ThresholdedReLU', 'Softmax'])

/**
 * The model as the loss takes its outputs. Of a classifier the softmax at its end is taken away: loss and probabilities
 * are computed on the host from what is before it; a model that ends without activation gives such logits already. What
 * predicts a number must end without one. Throws UnsupportedLayerError for others.
 */
export function withPlainOutputs(model: JsonModel, loss: LossKind): JsonModel {
  const output = outputLayer(model)
  if (loss === 'mean-squared-error') {
    requireLinear(output)
    return model
  }
  const replacement = asLogits(output)
  if (replacement !== output.json && isReadInside(model, output)) {
    refuse(output, 'it is the output, and other layers read it too')
  }
  const layers = model.layers.map(({ json }) => (json === output.json ? replacement : json))
  return { ...model, config: { ...model.config, layers } }
}

/** The layer whose output is the model's. Throws InvalidTopologyError unless there is one. */
export function outputLayer({ type, config, layers }: JsonModel): JsonLayer {
  if (type === 'sequential') return layers.at(-1)!
  const ends = config.output_layers
  if (!Array.isArray(ends) || ends.length !== 1) {
    throw new InvalidTopologyError(`it has ${Array.isArray(ends) ? ends.length : 'no'} outputs, expected one`)
  }
  const name: unknown = Array.isArray(ends[0]) ? ends[0][0] : undefined
  const output = layers.find((layer) => layer.name === name)
  if (output === undefined) throw new InvalidTopologyError('its output is none of its layers')
  return output
}

function requireLinear(layer: JsonLayer): void {
  const inner = modelInside(layer)
  if (inner !== undefined) requireLinear(outputLayer(inner))
  else if (ACTIVATION_LAYERS.has(layer.className) || (activationOf(layer) ?? 'linear') !== 'linear') {
    refuse(layer, HEAD_NEEDS['mean-squared-error'])
  }
}

/** The same entry where nothing changes. */
function asLogits(layer: JsonLayer): JsonObject {
  const { className, name, config, json } = layer
  const inner = modelInside(layer)
  if (inner !== undefined) return { ...json, config: withPlainOutputs(inner, 'softmax-cross-entropy').config }
  if (className === 'Softmax') {
    // Outputs have two axes, rows and classes, so 1 is the last one too.
    if (config.axis === 0) refuse(layer, 'its axis is not the last one')
    return { ...json, class_name: 'Activation', config: { name, activation: 'linear' } }
  }
  const activation = activationOf(layer)
  if ((activation ?? 'linear') === 'linear') return json
  if (activation === 'softmax') return { ...json, config: { ...config, activation: 'linear' } }
  return refuse(layer, 'the last layer must have the activation softmax, or none')
}

function modelInside({ className, config, json }: JsonLayer): JsonModel | undefined {
  if (!isModelClass(className)) return undefined
  return readModel({ class_name: className, config: Array.isArray(json.config) ? json.config : config })
}

function activationOf({ config }: JsonLayer): unknown {
  return isObject(config.activation) ? config.activation.class_name : config.activation
}

function isReadInside({ layers }: JsonModel, output: JsonLayer): boolean {
  return layers.some(({ json }) =>
    JSON.stringify(json.inbound_nodes ?? []).includes(`[${JSON.stringify(output.name)},`)
  )
}
