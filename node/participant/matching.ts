import { stalenessRounds, stalenessWeight } from '../../protocols/averaging/index.ts'
import type { Version } from '../../protocols/delta-gossip/index.ts'

/** When a peer mixes. */
export interface MixTime {
  readonly round: number
  /** False in the closing phase. */
  readonly isTraining: boolean
  readonly ownRoundMs: number
  /** Times of the own last deltas, for delay compensation. */
  readonly publishedAt: readonly number[]
}

/** How one version of a neighbour meets the own copy. */
export interface Match {
  /** The neighbour's deltas that are newer than the version meant. */
  readonly newerDeltas: number
  /** Own deltas that the version lags behind. */
  readonly ownDeltasSince: number
  /** Age in own rounds beyond what the rule counts as fresh. */
  readonly staleness: number
  /** Factor on the Metropolis weight. */
  readonly factor: number
}

/** Which of a neighbour's versions a round waits for, and which it mixes with what of its own. */
export interface Matching {
  /** Whether a neighbour whose newest version this is, mixed already, may be waited for. */
  isBehind(version: Version | undefined, round: number): boolean
  /** How a version that was not mixed yet is mixed at `now`, on the clock of `publishedAt`. */
  match(version: Version, now: number, time: MixTime): Match
}

/**
 * The rule of ALGORITHMS 1: versions of the same round meet. Waiting for the next version of a neighbour that has played this
 * round would keep this peer a round behind for ever, mixing only answers to its own deltas: with momentum such a flock
 * of three diverged.
 *
 * Of a neighbour that is one round ahead, its version of this round is mixed: the newer one would meet an older copy of ours
 * than the neighbour's own when it mixes us, half of our own movement would stay in the mean of both, and with momentum a
 * real pair of peers grew by 1.09 a round until it diverged.
 */
export const SAME_ROUND: Matching = {
  isBehind: (version, round) => version === undefined || (!isDone(version) && version.header.round < round),
  match: ({ header, heardAt }, now, { round, ownRoundMs, publishedAt }) => {
    const staleness = stalenessRounds(now - heardAt, ownRoundMs)
    return {
      newerDeltas: header.seq > 0 && header.round === round + 1 ? 1 : 0,
      ownDeltasSince: laterDeltas(heardAt, publishedAt),
      staleness,
      factor: stalenessWeight(staleness)
    }
  }
}

export function isDone(version: Version | undefined): boolean {
  return version?.header.phase === 'done'
}

/**
 * Own deltas that a version heard at `heardAt` lags behind. The newest own delta does not count: a neighbour that was
 * quicker in the same round has published the counterpart of it, not something older. Counting it (half of it is taken
 * back, beta = .5) delays a peer's own part in the mix by a round; the disagreement of a complete graph of three then
 * grows by 1.04 a round at mu = .9, and a real flock of three diverged after 80 to 320 rounds.
 */
function laterDeltas(heardAt: number, publishedAt: readonly number[]): number {
  return Math.max(0, publishedAt.filter((at) => at > heardAt).length - 1)
}
