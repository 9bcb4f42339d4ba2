import { addTrimmedMean } from './order-statistics.ts'
import type { MixContext, Neighbour, RobustRule } from './rule.ts'

/**
 * Coordinate-wise mean of the own model and the neighbours' without the `b` smallest and the `b` largest (Yin et al.
 * 2018). Where that would leave none, the middle one stays, or the middle two.
 */
export class TrimmedMean implements RobustRule {
  #sorted = new Float64Array(0)

  addTo(target: Float32Array, neighbours: readonly Neighbour[], { gamma, b }: MixContext): void {
    if (this.#sorted.length <= neighbours.length) this.#sorted = new Float64Array(neighbours.length + 1)
    const trimmed = Math.min(b, neighbours.length >> 1)
    addTrimmedMean(target, neighbours, { gamma, trimmed, sorted: this.#sorted })
  }
}
