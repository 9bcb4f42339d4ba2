import type { JsonLayer } from '../../training/index.ts'
import { NotExportableError } from '../errors.ts'
import { ACTIVATIONS } from './activations.ts'
import type { GraphBuilder, Value } from './graph-builder.ts'

/** A weight of the model as a constant of the graph. */
export interface LayerWeight {
  readonly value: Value
  readonly shape: readonly number[]
}

/** One use of a layer. */
export interface LayerCall {
  readonly graph: GraphBuilder
  readonly layer: JsonLayer
  /** As TensorFlow.js has them: rows first, channels last. */
  readonly inputs: readonly Value[]
  /** The layer's weight of that name, such as `kernel`; undefined where it has none. */
  weight(name: string): LayerWeight | undefined
}

/** Adds a layer to a graph. Throws NotExportableError. */
export type LayerExporter = (call: LayerCall) => Value

/** Throws NotExportableError by the layer's name. */
export function refuseLayer({ name, className }: JsonLayer, reason: string): never {
  throw new NotExportableError(`layer ${JSON.stringify(name)} (${JSON.stringify(className)})`, 'onnx', reason)
}

export function requireWeight(call: LayerCall, name: string): LayerWeight {
  return call.weight(name) ?? refuseLayer(call.layer, `it has no ${name}`)
}

/** Adds the layer's bias where it has one, then its activation. */
export function finish(call: LayerCall, x: Value): Value {
  const bias = call.weight('bias')
  return activate(call, bias === undefined ? x : call.graph.apply('Add', [x, bias.value]))
}

/** The activation in the layer's configuration. */
export function activate({ graph, layer }: LayerCall, x: Value): Value {
  const { activation = 'linear' } = layer.config
  const name =
    typeof activation === 'object' && activation !== null ? Reflect.get(activation, 'class_name') : activation
  const key = String(name).replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())
  const add = Object.hasOwn(ACTIVATIONS, key) ? ACTIVATIONS[key] : undefined
  return add === undefined ? refuseLayer(layer, `its activation ${JSON.stringify(name)} is not known`) : add(graph, x)
}

/** A number of the configuration, or one for each side. */
export function readSides({ layer }: LayerCall, key: string, count: number, fallback: unknown): number[] {
  const value = layer.config[key] ?? fallback
  const sides = Array.isArray(value) ? value : Array.from({ length: count }, () => value)
  if (sides.length === count && sides.every((side) => Number.isSafeInteger(side) && side >= 1)) return sides
  return refuseLayer(layer, `its ${key} is not ${count} whole numbers`)
}
