import { median } from '../../../protocols/averaging/index.ts'
import type { FlockView } from './flock-view.ts'
import type { Lie } from './lying-vectors.ts'

/** Just within the two medians of rules that drop outliers (ALGORITHMS 4). */
const MEDIANS = 1.9

/**
 * Knows the rule that drops whoever is farther than two median distances, and stays at 1.9: from the honest mean it goes
 * back towards the initial weights, as far as half of its neighbours still put up with. A direction that hardly changes harms
 * most: against the newest step of the mean, OR with a memory ends at 93 % instead of 84 (digits, Dirichlet .1). `memory`: what a rule keeps
 * from one round to the next of the largest median that it has seen; 0 for a rule that looks at the round alone.
 */
export function adaptive(memory: number): Lie {
  let scale = 0
  return ({ mean, neighbours, honest }, { initial }) => {
    scale = Math.max(median(neighbours.map((receiver) => medianDistance(receiver, honest))) ?? 0, memory * scale)
    const length = distance(mean, initial)
    if (length === 0 || neighbours.length === 0) return mean
    const backwards = mean.map((x, i) => (initial[i]! - x) / length)
    const reach = median(neighbours.map((receiver) => reachFrom(mean, backwards, receiver, MEDIANS * scale)))!
    return mean.map((x, i) => x + reach * backwards[i]!)
  }
}

/** How far from `origin` in that direction a point is `radius` away from the receiver; 0 where none is. */
function reachFrom(origin: Float32Array, direction: Float32Array, receiver: Float32Array, radius: number): number {
  let [projection, square] = [0, 0]
  for (const [i, x] of origin.entries()) {
    const c = x - receiver[i]!
    projection += c * direction[i]!
    square += c * c
  }
  const discriminant = projection ** 2 - square + radius ** 2
  return discriminant <= 0 ? 0 : Math.max(0, Math.sqrt(discriminant) - projection)
}

function medianDistance(receiver: Float32Array, honest: FlockView['honest']): number {
  return median(honest.flatMap((other) => (other === receiver ? [] : distance(other, receiver)))) ?? 0
}

function distance(one: Float32Array, other: Float32Array): number {
  let square = 0
  for (const [i, x] of one.entries()) square += (x - other[i]!) ** 2
  return Math.sqrt(square)
}
