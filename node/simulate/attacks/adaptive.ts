import { median } from '../../../protocols/averaging/index.ts'
import type { FlockView } from './flock-view.ts'
import type { Lie } from './lying-vectors.ts'

/** Just within the two medians of OR-CS+ (ALGORITHMS 4). */
const MEDIANS = 1.9

/**
 * Knows the rule that drops whoever is farther than two median distances, and stays at 1.9: from the honest mean it goes
 * against the step of the honest mean, as far as half of its neighbours still put up with.
 */
export const adaptive: Lie = (view) => {
  const { mean, meanBefore, neighbours } = view
  const length = distance(mean, meanBefore)
  if (length === 0 || neighbours.length === 0) return mean
  const backwards = mean.map((x, i) => (meanBefore[i]! - x) / length)
  const reach = median(neighbours.map((receiver) => reachTowards(receiver, backwards, view)))!
  return mean.map((x, i) => x + reach * backwards[i]!)
}

/** How far from the mean in that direction a point is `MEDIANS` median distances away from the receiver; 0 for nowhere. */
function reachTowards(receiver: Float32Array, direction: Float32Array, { honest, mean }: FlockView): number {
  const radius = MEDIANS * median(honest.flatMap((other) => (other === receiver ? [] : distance(other, receiver))))!
  let [projection, square] = [0, 0]
  for (const [i, x] of mean.entries()) {
    const c = x - receiver[i]!
    projection += c * direction[i]!
    square += c * c
  }
  const discriminant = projection ** 2 - square + radius ** 2
  return discriminant <= 0 ? 0 : Math.max(0, Math.sqrt(discriminant) - projection)
}

function distance(one: Float32Array, other: Float32Array): number {
  let square = 0
  for (const [i, x] of one.entries()) square += (x - other[i]!) ** 2
  return Math.sqrt(square)
}
