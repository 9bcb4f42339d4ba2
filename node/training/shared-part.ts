import { LocalLayersError } from './errors.ts'
import { placeWeights, sizeOf, type Topology } from './topology.ts'

/** Where the weights of a vector lie in it. */
export type ParameterLayout = Pick<Topology, 'weights' | 'parameterCount'>

/**
 * The part of a model that peers share: all weights but those of the local layers, in their order, as a vector of its
 * own. What averages sees that vector alone, so local layers cannot get into a delta. With no local layers it is the
 * whole.
 */
export class SharedPart {
  /** Of the shared vector. */
  readonly layout: ParameterLayout
  /** Stretches of the whole vector that lie in the shared one, in order. */
  readonly #stretches: { readonly whole: number; readonly shared: number; readonly length: number }[]

  /** Throws LocalLayersError where a name is no layer's that has weights, or where nothing would be left to share. */
  constructor(topology: ParameterLayout, localLayers: readonly string[] = []) {
    requireLayers(topology, localLayers)
    const kept = topology.weights.filter(({ name }) => !localLayers.includes(layerOf(name)))
    this.layout = placeWeights(kept)
    this.#stretches = kept.map(({ shape, offset }, i) => ({
      whole: offset,
      shared: this.layout.weights[i]!.offset,
      length: sizeOf(shape)
    }))
  }

  /** Copies the shared weights out of a whole model, shape [N], into `shared`, shape [n]. */
  take(whole: Float32Array, shared: Float32Array = new Float32Array(this.layout.parameterCount)): Float32Array {
    for (const at of this.#stretches) shared.set(whole.subarray(at.whole, at.whole + at.length), at.shared)
    return shared
  }

  /** Copies `shared`, shape [n], into a whole model, shape [N]; its local layers stay what they are. */
  put(shared: Float32Array, whole: Float32Array): void {
    for (const at of this.#stretches) whole.set(shared.subarray(at.shared, at.shared + at.length), at.whole)
  }
}

function requireLayers({ weights }: ParameterLayout, localLayers: readonly string[]): void {
  const layers = new Set(weights.map(({ name }) => layerOf(name)))
  const unknown = localLayers.find((layer) => !layers.has(layer))
  const named = [...layers]
  if (unknown !== undefined) throw new LocalLayersError(unknown, named, 'has no weights of that name')
  if (named.every((layer) => localLayers.includes(layer))) {
    throw new LocalLayersError(localLayers.join(', '), named, 'has no other, so nothing would be shared')
  }
}

/** Weights are called `layer/kernel`, `layer/bias`. */
function layerOf(weight: string): string {
  return weight.slice(0, weight.lastIndexOf('/'))
}
