import { InvalidTopologyError } from './errors.ts'
import { isModelClass, isObject, type JsonLayer, type JsonModel, type JsonObject, readModel } from './read-model.ts'
import { refuse } from './refused-layers.ts'

/**
 * The model with the softmax at its end taken away: loss and probabilities are computed on the host from what is
 * before it. A model that ends without activation gives such logits already. Throws UnsupportedLayerError for others.
 */
export function withLogits(model: JsonModel): JsonModel {
  const output = outputLayer(model)
  const replacement = asLogits(output)
  if (replacement !== output.json && isReadInside(model, output)) {
    refuse(output, 'it is the output, and other layers read it too')
  }
  const layers = model.layers.map(({ json }) => (json === output.json ? replacement : json))
  return { ...model, config: { ...model.config, layers } }
}

function outputLayer({ type, config, layers }: JsonModel): JsonLayer {
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

/** The same entry where nothing changes. */
function asLogits(layer: JsonLayer): JsonObject {
  const { className, name, config, json } = layer
  if (className === 'Softmax') {
    // Outputs have two axes, rows and classes, so 1 is the last one too.
    if (config.axis === 0) refuse(layer, 'its axis is not the last one')
    return { ...json, class_name: 'Activation', config: { name, activation: 'linear' } }
  }
  if (isModelClass(className)) {
    const inner = readModel({ class_name: className, config: Array.isArray(json.config) ? json.config : config })
    return { ...json, config: withLogits(inner).config }
  }
  const activation = isObject(config.activation) ? config.activation.class_name : config.activation
  if (activation === undefined || activation === null || activation === 'linear') return json
  if (activation === 'softmax') return { ...json, config: { ...config, activation: 'linear' } }
  return refuse(layer, 'the last layer must have the activation softmax, or none')
}

function isReadInside({ layers }: JsonModel, output: JsonLayer): boolean {
  return layers.some(({ json }) =>
    JSON.stringify(json.inbound_nodes ?? []).includes(`[${JSON.stringify(output.name)},`)
  )
}
