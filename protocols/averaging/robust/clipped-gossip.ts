import { clipFactor, largestWeight } from './clip.ts'
import { DistanceRule, type Judged, type Verdict } from './distance-rule.ts'

/**
 * Clipped gossip (He, Karimireddy & Jaggi 2022, "Byzantine-robust decentralized learning via ClippedGossip") with its
 * adaptive radius: `tau = sqrt(1/delta * sum over S of s_j * d_j^2)`, where `delta` is what the liars may weigh and `S`
 * are the nearest neighbours whose weight, with the receiver's own, is at most `1 - delta`.
 */
export class ClippedGossip extends DistanceRule {
  constructor() {
    super(clippedGossip)
  }
}

const clippedGossip: Verdict = (judged, { b }) => {
  const radius = adaptiveRadius(judged, b * largestWeight(judged))
  return judged.map(({ distance }) => clipFactor(distance, radius))
}

/** Without liars nothing is clipped. */
function adaptiveRadius(judged: readonly Judged[], delta: number): number {
  if (delta === 0) return Number.POSITIVE_INFINITY
  const fromNearest = judged.toSorted((one, other) => one.distance - other.distance)
  // Leaving out the farthest is the same as counting from the nearest, and needs no exact own weight.
  let leftOut = 0
  let last = fromNearest.length
  while (last > 0 && leftOut < delta * (1 - 1e-9)) {
    last -= 1
    leftOut += fromNearest[last]!.weight
  }
  const spread = fromNearest.slice(0, last).reduce((sum, { weight, distance }) => sum + weight * distance ** 2, 0)
  return Math.sqrt(spread / delta)
}
