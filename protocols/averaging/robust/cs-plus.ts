import { clipFactor, clippingRadius, largestWeight } from './clip.ts'
import { DistanceRule, type Judged, type Verdict } from './distance-rule.ts'

/**
 * CS+: clips to the distance beyond which neighbours worth `2b` lie, so that `b` liars, even when all of them are beyond
 * it, pull no farther than honest neighbours do (Gaucher, Dieuleveut & Hendrikx 2025, "Unified breakdown analysis for
 * Byzantine robust gossip"). Weights differ here by age: a liar is taken to weigh as much as the heaviest neighbour.
 */
export class CsPlus extends DistanceRule {
  constructor() {
    super(csPlus)
  }
}

const csPlus: Verdict = (judged, { b }) => clipFactors(judged, b)

/** Factors of CS+ against a budget of `b` liars. */
export function clipFactors(judged: readonly Judged[], b: number): number[] {
  const radius = clippingRadius(judged, 2 * b * largestWeight(judged))
  return judged.map(({ distance }) => clipFactor(distance, radius))
}
