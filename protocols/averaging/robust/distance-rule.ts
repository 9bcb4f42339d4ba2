import { addDifferences } from './combine.ts'
import { writeDistances } from './distance.ts'
import type { MixContext, Neighbour, RobustRule } from './rule.ts'

/** A neighbour as rules by distance judge it. */
export interface Judged {
  /** `d_j = |v_j|`. */
  readonly distance: number
  /** `s_j`. */
  readonly weight: number
}

/** Decides from distances and weights alone: gives the factor on each `s_j * v_j`, in the order of `judged`. */
export type Verdict = (
  judged: readonly Judged[],
  context: { readonly b: number; readonly distancesBefore: readonly number[] }
) => readonly number[]

/**
 * A rule that reads the vectors twice: once to learn how far away each neighbour is, once to add what the verdict
 * leaves of them.
 */
export class DistanceRule implements RobustRule {
  readonly #verdict: Verdict
  /** One distance for each neighbour; grows with the largest number of neighbours seen. */
  #distances = new Float64Array(0)

  constructor(verdict: Verdict) {
    this.#verdict = verdict
  }

  addTo(target: Float32Array, neighbours: readonly Neighbour[], { gamma, b, mixedBefore }: MixContext): void {
    const distancesBefore = [...this.#measure(mixedBefore)]
    const distances = this.#measure(neighbours)
    const judged = neighbours.map(({ weight }, j) => ({ weight, distance: distances[j]! }))
    const factors = this.#verdict(judged, { b, distancesBefore })
    addDifferences(target, neighbours, (j) => gamma * neighbours[j]!.weight * factors[j]!)
  }

  #measure(neighbours: readonly Neighbour[]): Float64Array {
    if (this.#distances.length < neighbours.length) this.#distances = new Float64Array(neighbours.length)
    writeDistances(neighbours, this.#distances)
    return this.#distances.subarray(0, neighbours.length)
  }
}
