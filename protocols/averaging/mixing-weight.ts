/** A version is not mixed once it is this many of the receiver's own rounds old (ALGORITHMS 1). */
export const MAX_STALENESS_ROUNDS = 8

/**
 * Metropolis weight of one link: `1 / (1 + max(degree, neighbourDegree))`. Symmetric, so that equal degrees conserve
 * the mean; what is left of 1 stays with the peer itself (Xiao & Boyd 2004, eq. 8).
 */
export function metropolisWeight(degree: number, neighbourDegree: number): number {
  return 1 / (1 + Math.max(degree, neighbourDegree))
}

/**
 * Age of a neighbour's version in the receiver's own rounds beyond the first: `max(0, age / round - 1)`.
 * Both arguments in milliseconds of the receiver's monotonic clock; a round of 0 ms counts as fresh.
 */
export function stalenessRounds(ageMs: number, roundMs: number): number {
  return roundMs > 0 ? Math.max(0, ageMs / roundMs - 1) : 0
}

/** Weight that a version loses by age: `(1 + tau)^(-1/2)` (polynomial staleness, Xie et al. 2019). */
export function stalenessWeight(staleness: number): number {
  return (1 + staleness) ** -0.5
}
