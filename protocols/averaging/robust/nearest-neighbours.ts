import { DistanceRule, type Verdict } from './distance-rule.ts'

/**
 * Nearest-neighbour averaging: drops the `b` neighbours that are farthest away and averages the rest with the own model
 * (Farhadkhani et al. 2023, "Robust collaborative learning with linear gradient overhead"). The weight of the dropped goes
 * to all who stay in proportion, the own model included.
 */
export class NearestNeighbours extends DistanceRule {
  constructor() {
    super(nearestNeighbours)
  }
}

const nearestNeighbours: Verdict = (judged, { b }) => {
  const farthest = judged.toSorted((one, other) => other.distance - one.distance).slice(0, b)
  const remaining = farthest.reduce((rest, { weight }) => rest - weight, 1)
  return judged.map((one) => (farthest.includes(one) ? 0 : 1 / remaining))
}
