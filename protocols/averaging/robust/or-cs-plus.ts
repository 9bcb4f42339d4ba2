import { median } from '../median.ts'
import { clipFactors } from './cs-plus.ts'
import { DistanceRule, type Verdict } from './distance-rule.ts'

/** A neighbour farther than this many medians is an outlier (ALGORITHMS 4). */
const OUTLIER_MEDIANS = 2

/**
 * OR-CS+, outlier rejection before CS+ (ALGORITHMS 4), the default of robust runs: who is farther than twice the median
 * distance is dropped and lowers the budget, `b' = max(0, b - dropped)`; then CS+ with `b'`.
 *
 * The median and the count of outliers are over all current views; only those not mixed before are mixed.
 */
export class OrCsPlus extends DistanceRule {
  constructor() {
    super(orCsPlus)
  }
}

const orCsPlus: Verdict = (judged, { b, distancesBefore }) => {
  const distances = [...judged.map(({ distance }) => distance), ...distancesBefore]
  const farthest = OUTLIER_MEDIANS * (median(distances) ?? 0)
  const dropped = distances.filter((distance) => distance > farthest).length
  const kept = judged.filter(({ distance }) => distance <= farthest)
  const factors = clipFactors(kept, Math.max(0, b - dropped))
  return judged.map((one) => factors[kept.indexOf(one)] ?? 0)
}
