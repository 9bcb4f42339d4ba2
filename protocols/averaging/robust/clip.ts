import type { Judged } from './distance-rule.ts'

/** Sums of the same weights in another order differ by this much at most, relatively. */
const SUM_SLACK = 1e-9

/**
 * The smallest of the distances, or 0, beyond which neighbours of weight `mostClipped` at most lie: who is farther is
 * clipped to it. It is 0 where all of them together weigh no more: then nobody can be trusted with a step.
 */
export function clippingRadius(judged: readonly Judged[], mostClipped: number): number {
  const fromFarthest = judged.toSorted((one, other) => other.distance - one.distance)
  let clipped = 0
  for (const { distance, weight } of fromFarthest) {
    clipped += weight
    if (clipped > mostClipped * (1 + SUM_SLACK)) return distance
  }
  return 0
}

/** Factor that clips a difference of length `distance` to at most `radius`. */
export function clipFactor(distance: number, radius: number): number {
  return distance > radius ? radius / distance : 1
}

/** The most that one neighbour weighs in a mix: `b` liars weigh at most `b` times this. */
export function largestWeight(judged: readonly Judged[]): number {
  return judged.reduce((largest, { weight }) => Math.max(largest, weight), 0)
}
