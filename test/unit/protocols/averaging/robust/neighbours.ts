import {
  createRandom,
  createRobustRule,
  type Random,
  type RobustRule,
  type RobustRuleName
} from '../../../../../protocols/averaging/index.ts'
import type { Neighbour } from '../../../../../protocols/averaging/robust/index.ts'
import { vectorFrom } from '../rules.ts'

/** ALGORITHMS 3: what six neighbours of a peer at the origin hold; the last two lie. */
export const SIX: readonly (readonly number[])[] = [
  [1, 0],
  [0, 1],
  [-1, 0],
  [0, -1],
  [2, 2],
  [100, 0]
]

/** Neighbours at these points as a peer at the origin sees them, each with Metropolis weight `1 / (1 + k)`. */
export function neighboursAt(points: readonly (readonly number[])[]): Neighbour[] {
  const reference = new Float32Array(points[0]?.length ?? 0)
  return points.map((point) => ({ copy: Float32Array.from(point), reference, weight: 1 / (1 + points.length) }))
}

export interface Setting {
  readonly b?: number
  readonly gamma?: number
  readonly mixedBefore?: readonly Neighbour[]
}

/** Where the rule moves a peer from the origin. */
export function moved(
  rule: RobustRuleName | RobustRule,
  neighbours: readonly Neighbour[],
  { b = 1, gamma = 1, mixedBefore = [] }: Setting = {}
): number[] {
  const target = new Float32Array(neighbours[0]?.copy.length ?? mixedBefore[0]?.copy.length ?? 0)
  const acting = typeof rule === 'string' ? createRobustRule(rule) : rule
  acting.addTo(target, neighbours, { gamma, b, mixedBefore })
  return [...target]
}

/** Whether two points agree within a few float32 roundings. */
export function isAt(actual: readonly number[], expected: readonly number[], tolerance = 1e-6): boolean {
  return actual.every((x, i) => Math.abs(x - expected[i]!) <= tolerance)
}

/** Neighbours at random points with random weights and references of their own, two of them sharing one. */
export function randomNeighbours(random: Random, k: number, length: number): Neighbour[] {
  const references = [vectorFrom(random, length), vectorFrom(random, length)]
  return Array.from({ length: k }, (_, j) => ({
    copy: vectorFrom(random, length, 1 + j),
    reference: references[j % 2]!,
    weight: (0.5 + random.next() / 2) / (1 + k)
  }))
}

/** The same in an order that depends on the seed only. */
export function shuffled<T>(values: readonly T[], seed: number): T[] {
  const random = createRandom(seed)
  const rest = [...values]
  return values.map(() => rest.splice(random.uint32() % rest.length, 1)[0]!)
}
