import { median } from './median.ts'

/** Rounds whose training times make up the grace (ALGORITHMS 1, wait). */
export const GRACE_WINDOW_ROUNDS = 9

/** A link that missed this many waits in a row is not waited for until it delivers again (ALGORITHMS 1, wait). */
export const MISSED_WAITS = 2

const GRACE_FACTOR = 2

/**
 * Longest time in milliseconds that a peer waits for its neighbours between publishing and mixing:
 * `G = 2 * (median training time + median link delay)`, at least `floorMs`.
 *
 * `trainMs`: own and neighbours' training times of the last 9 rounds, waiting excluded (a grace measured on whole
 * rounds diverges). The floor covers what neither median sees, the scheduling of an oversubscribed machine, and
 * matters only to rounds of a few milliseconds.
 */
export function roundGraceMs(trainMs: readonly number[], linkDelayMs: readonly number[], floorMs: number): number {
  return Math.max(floorMs, GRACE_FACTOR * ((median(trainMs) ?? 0) + (median(linkDelayMs) ?? 0)))
}
