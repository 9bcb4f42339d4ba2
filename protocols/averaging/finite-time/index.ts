/**
 * Finite-time averaging: graphs that change from round to round so that after the last one every peer holds the exact mean,
 * for any number of peers, with at most `k` neighbours a round.
 *
 * ```ts
 * import { baseGraph } from './protocols/averaging/finite-time/index.ts'
 *
 * const rounds = baseGraph(25, 1)  // 9 rounds of pairs
 * rounds[0]![0]                    // { a: 0, b: 1, weight: 0.5 }: 0 and 1 both move to their mean
 * ```
 */
export { baseGraph } from './base-graph.ts'
export type { Edge, GraphRound } from './edge.ts'
