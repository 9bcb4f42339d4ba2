import type { JsonLayer, JsonModel } from '../../training/index.ts'
import { outputLayer } from '../../training/index.ts'
import type { Value } from './graph-builder.ts'
import { refuseLayer } from './layer-call.ts'

type AddLayer = (layer: JsonLayer, inputs: readonly Value[]) => Value

/**
 * Calls `add` for every use of a layer in an order in which its inputs are known, and returns the model's output.
 * `model` was built before, so its wiring is sound. Throws NotExportableError, by name, for what the walk does not know.
 */
export function walkModel(model: JsonModel, input: Value, add: AddLayer): Value {
  if (model.type === 'sequential') {
    return model.layers
      .filter(({ className }) => className !== 'InputLayer')
      .reduce((value, layer) => add(layer, [value]), input)
  }
  return new FunctionalWalk(model, input, add).output()
}

/** From the output backwards: layers that lead nowhere are left out. */
class FunctionalWalk {
  readonly #model: JsonModel
  readonly #input: Value
  readonly #add: AddLayer
  readonly #layers: ReadonlyMap<string, JsonLayer>
  /** By layer and use. */
  readonly #values = new Map<string, Value>()

  constructor(model: JsonModel, input: Value, add: AddLayer) {
    this.#model = model
    this.#input = input
    this.#add = add
    this.#layers = new Map(model.layers.map((layer) => [layer.name, layer]))
  }

  output(): Value {
    const [end] = this.#model.config.output_layers as [unknown]
    const [, use] = end as [string, number]
    return this.#valueOf(outputLayer(this.#model), use)
  }

  #valueOf(layer: JsonLayer, use: number): Value {
    const key = `${use} ${layer.name}`
    const known = this.#values.get(key)
    if (known !== undefined) return known
    const value = layer.className === 'InputLayer' ? this.#input : this.#add(layer, this.#inputsOf(layer, use))
    this.#values.set(key, value)
    return value
  }

  #inputsOf(layer: JsonLayer, use: number): Value[] {
    const nodes = layer.json.inbound_nodes
    const node: unknown = Array.isArray(nodes) ? nodes[use] : undefined
    if (!Array.isArray(node)) return refuseLayer(layer, 'its wiring is not a list of [layer, node, tensor]')
    return node.map((reference: readonly [string, number]) => {
      const [name, at] = reference
      const source = this.#layers.get(name)
      return source === undefined ? refuseLayer(layer, `its input ${name} is no layer`) : this.#valueOf(source, at)
    })
  }
}
