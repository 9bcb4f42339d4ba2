import { addPicked } from './order-statistics.ts'
import type { MixContext, Neighbour, RobustRule } from './rule.ts'

/**
 * Coordinate-wise mean of the own model and the neighbours' without the `b` smallest and the `b` largest, each counted
 * once whatever its weight (Yin et al. 2018). With no more than `2b` values the middle one, or two, are left.
 */
export class TrimmedMean implements RobustRule {
  #scratch = new Float64Array(0)

  addTo(target: Float32Array, neighbours: readonly Neighbour[], { gamma, b }: MixContext): void {
    if (this.#scratch.length <= neighbours.length) this.#scratch = new Float64Array(neighbours.length + 1)
    const trimmed = Math.min(b, neighbours.length >> 1)
    const pick = (sorted: Float64Array, count: number) => {
      let sum = 0
      for (let j = trimmed; j < count - trimmed; j++) sum += sorted[j]!
      return sum / (count - 2 * trimmed)
    }
    addPicked(target, neighbours, { gamma, scratch: this.#scratch, pick })
  }
}
