import type { Lie } from './lying-vectors.ts'

/**
 * Publishes the negative of its own honest update, `times` as long (Li et al. 2019, "RSA"). What a peer publishes is the
 * increment of its own public copy, so that the copy walks away from the flock as fast as the flock learns. Reversing each step
 * from where the honest copy was, without adding them up, is no attack: it stays within two steps of the flock, and a mean with
 * 20 % of such peers ends at 97.1 % instead of 10.8 (docs/simulator.md).
 */
export function signFlip(times: number): Lie {
  return ({ said, own, ownBefore }) => said.map((x, i) => x - times * (own[i]! - ownBefore[i]!))
}
