import { roundGraceMs } from '../../protocols/averaging/index.ts'
import { type Matching, SAME_ROUND } from './matching.ts'

/**
 * Shortest wait for neighbours. Rounds of a few milliseconds on a machine with more peers than cores are late by the
 * scheduler's slices, which neither training times nor link delays show. Well under the second that a neighbour's
 * death may cost.
 */
const GRACE_FLOOR_MS = 150

/** How long a round waits for news of its neighbours between publishing and mixing. */
export interface WaitRule {
  /**
   * Longest wait in milliseconds. `trainMs`: own and neighbours' training times of the last rounds; `linkDelayMs`: how
   * long their versions were under way.
   */
  graceMs(trainMs: readonly number[], linkDelayMs: readonly number[]): number
  /** Whether the wait is over before that, when so many of the `awaited` links are still `silent`. */
  isEnough(silent: number, awaited: number): boolean
  /** Which versions meet while a peer trains. */
  readonly matching: Matching
}

/** The rule of ALGORITHMS 1: all live links, within a grace. */
export const WAIT_FOR_ALL: WaitRule = {
  graceMs: (trainMs, linkDelayMs) => roundGraceMs(trainMs, linkDelayMs, GRACE_FLOOR_MS),
  isEnough: (silent) => silent === 0,
  matching: SAME_ROUND
}
