/** How a rule combines models when all peers train at once and wait for each other, and what that costs a peer in a round. */
export interface LockStepRule {
  /** What each peer starts the next round from, shape [n] each; several may be the same vector. */
  readonly models: readonly Float32Array[]
  /** Takes the models after local training, shape [n] each. */
  combine(trained: readonly Float32Array[]): void
  /** Numbers sent and received by one peer in a round. */
  readonly sent: number
  readonly received: number
}

/** `rows`: of each peer. */
export type CreateRule = (initial: Float32Array, rows: readonly number[]) => LockStepRule

/** Mean of vectors of shape [n] by these weights, which add up to 1; sums in float64. */
export function weightedMean(vectors: readonly Float32Array[], weights: readonly number[]): Float32Array {
  return Float32Array.from(vectors[0]!, (_, i) => {
    let sum = 0
    for (const [j, vector] of vectors.entries()) sum += weights[j]! * vector[i]!
    return sum
  })
}

/** Each peer's share of all rows. */
export function sharesOf(rows: readonly number[]): number[] {
  const all = rows.reduce((sum, count) => sum + count, 0)
  return rows.map((count) => count / all)
}
