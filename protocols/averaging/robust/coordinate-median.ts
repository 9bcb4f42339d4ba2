import { addPicked, type Pick } from './order-statistics.ts'
import type { MixContext, Neighbour, RobustRule } from './rule.ts'

/**
 * Coordinate-wise median of the own model and the neighbours', each counted once whatever its weight (Yin et al. 2018,
 * "Byzantine-robust distributed learning: towards optimal statistical rates").
 */
export class CoordinateMedian implements RobustRule {
  #scratch = new Float64Array(0)

  addTo(target: Float32Array, neighbours: readonly Neighbour[], { gamma }: MixContext): void {
    if (this.#scratch.length <= neighbours.length) this.#scratch = new Float64Array(neighbours.length + 1)
    addPicked(target, neighbours, { gamma, scratch: this.#scratch, pick: middle })
  }
}

const middle: Pick = (sorted, count) => {
  const half = count >> 1
  return count % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2
}
