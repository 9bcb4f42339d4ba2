/** Two peers that mix with each other in a round: `x_a += weight * (x_b - x_a)`, and the same the other way. */
export interface Edge {
  readonly a: number
  readonly b: number
  readonly weight: number
}

/** All edges of one round; what is left of 1 stays with the peer itself. */
export type GraphRound = readonly Edge[]

/** Rounds of graphs over peers that do not meet, side by side: as many rounds as the longest has. */
export function sideBySide(graphs: readonly (readonly GraphRound[])[]): GraphRound[] {
  const length = Math.max(0, ...graphs.map((rounds) => rounds.length))
  return Array.from({ length }, (_, round) => graphs.flatMap((rounds) => rounds[round] ?? []))
}
