import { stalenessRounds, stalenessWeight } from '../../protocols/averaging/index.ts'
import { isDone, type Match, type Matching, type MixTime, WAIT_FOR_ALL, type WaitRule } from '../participant/index.ts'

/**
 * Share of the Metropolis weight with which a version one round late is mixed. `x' = x + f (W - I) x_late` is stable for small
 * `f` only (ALGORITHMS 1, "a rule that does not wait").
 */
const LATE_FACTOR = 0.35

/** Rounds that a neighbour may be behind, or ahead, and still be matched by number; beyond that numbers say nothing of time. */
const MAX_BEHIND = 3
const MAX_AHEAD = 1

/** What the averaging must be with this rule: matched copies are exact, so all own deltas since are left out. */
export const OVERLAP_BETA = 1

/**
 * A rule under which transfer overlaps with training: in round t a neighbour's version of round t - 1, which had a round's time
 * to arrive, meets the own copy of t - 1. Both sides of a link mix the same two copies, so their mean does not move. Only for who
 * is two rounds behind does a peer wait, within the usual grace. Needs `OVERLAP_BETA`. When a peer trains no more it mixes
 * as all do.
 */
export function overlapRule(lateFactor: number = LATE_FACTOR): WaitRule {
  return { ...WAIT_FOR_ALL, matching: oneRoundLate(lateFactor) }
}

function oneRoundLate(lateFactor: number): Matching {
  return {
    isBehind: (version, round) =>
      round > 0 && (version === undefined || (!isDone(version) && version.header.round < round - 1)),
    match: (version, now, time) => {
      const lead = version.header.round - time.round
      const isFar = lead < -MAX_BEHIND || lead > MAX_AHEAD
      const match = isFar ? byTime(version.heardAt, now, time) : byNumber(lead)
      return { ...match, factor: lateFactor * stalenessWeight(match.staleness) }
    }
  }
}

/** `lead`: rounds that the neighbour's newest version is ahead. Both meet in the round before this, or where it last was. */
function byNumber(lead: number): Omit<Match, 'factor'> {
  const meeting = Math.min(-1, lead)
  return { newerDeltas: lead - meeting, ownDeltasSince: -meeting, staleness: -1 - meeting }
}

function byTime(heardAt: number, now: number, { ownRoundMs, publishedAt }: MixTime): Omit<Match, 'factor'> {
  const ownDeltasSince = publishedAt.filter((at) => at > heardAt).length
  return { newerDeltas: 0, ownDeltasSince, staleness: stalenessRounds(now - heardAt, ownRoundMs) }
}
