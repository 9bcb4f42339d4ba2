import { addTrimmedMean } from './order-statistics.ts'
import type { MixContext, Neighbour, RobustRule } from './rule.ts'

/**
 * Coordinate-wise median of the own model and the neighbours' (Yin et al. 2018, "Byzantine-robust distributed learning:
 * towards optimal statistical rates"): all but the middle one trimmed away, or all but the middle two.
 */
export class CoordinateMedian implements RobustRule {
  #sorted = new Float64Array(0)

  addTo(target: Float32Array, neighbours: readonly Neighbour[], { gamma }: MixContext): void {
    if (this.#sorted.length <= neighbours.length) this.#sorted = new Float64Array(neighbours.length + 1)
    addTrimmedMean(target, neighbours, { gamma, trimmed: neighbours.length >> 1, sorted: this.#sorted })
  }
}
