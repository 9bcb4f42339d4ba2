/**
 * Robust rules: what a peer lets its neighbours do to its model when some of them may lie (ALGORITHMS 4).
 *
 * ```ts
 * import { createRobustRule } from './protocols/averaging/robust/index.ts'
 *
 * const rule = createRobustRule('or-cs+')
 * const reference = Float32Array.of(0, 0)
 * const copies = [Float32Array.of(1, 0), Float32Array.of(-1, 0), Float32Array.of(100, 0)]
 * const neighbours = copies.map((copy) => ({ copy, reference, weight: 1 / 4 }))
 * const target = Float32Array.of(5, 5)
 * rule.addTo(target, neighbours, { gamma: 1, b: 1, mixedBefore: [] }) // the third is rejected: still (5, 5)
 * ```
 */
import { ClippedGossip } from './clipped-gossip.ts'
import { CoordinateMedian } from './coordinate-median.ts'
import { CsPlus } from './cs-plus.ts'
import { Krum } from './krum.ts'
import { Mean } from './mean.ts'
import { NearestNeighbours } from './nearest-neighbours.ts'
import { OrCsPlus } from './or-cs-plus.ts'
import { OrMemory } from './or-memory.ts'
import type { RobustRule } from './rule.ts'
import { TrimmedMean } from './trimmed-mean.ts'

export type { MixContext, Neighbour, RobustRule } from './rule.ts'

/** Every rule by the name that a manifest gives it. */
const RULES = {
  mean: Mean,
  'or-cs+': OrCsPlus,
  'or-memory': OrMemory,
  'cs+': CsPlus,
  'clipped-gossip': ClippedGossip,
  nna: NearestNeighbours,
  'trimmed-mean': TrimmedMean,
  median: CoordinateMedian,
  krum: Krum
} as const

export type RobustRuleName = keyof typeof RULES

export const ROBUST_RULES = Object.keys(RULES) as readonly RobustRuleName[]

/** A rule with scratch of its own, for one peer. */
export function createRobustRule(name: RobustRuleName): RobustRule {
  return new RULES[name]()
}
