import { stalenessRounds, stalenessWeight } from '../../../protocols/averaging/index.ts'
import { isDone, type Matching, WAIT_FOR_ALL, type WaitRule } from '../../participant/index.ts'
import { overlapRule } from '../overlap.ts'

/** `G = .5` of ALGORITHMS 1 beside the 2 of the rule: half a round is what the design gave this control. */
const HALF_GRACE = 1 / 4

/** As ALGORITHMS 1 writes it: the newest version of everybody, and all own deltas since it was heard count. */
const BY_TIME: Matching = {
  isBehind: (version) => !isDone(version),
  match: ({ heardAt }, now, { ownRoundMs, publishedAt }) => {
    const staleness = stalenessRounds(now - heardAt, ownRoundMs)
    const ownDeltasSince = publishedAt.filter((at) => at > heardAt).length
    return { newerDeltas: 0, ownDeltasSince, staleness, factor: stalenessWeight(staleness) }
  }
}

/** A control: mixes whatever is there when the own delta is out. */
const NO_WAIT: WaitRule = { ...WAIT_FOR_ALL, graceMs: () => 0, isEnough: () => true }

/** A control: goes on as soon as half of the awaited links have delivered, or half a round has passed. */
const HALF: WaitRule = {
  graceMs: (trainMs, linkDelayMs) => HALF_GRACE * WAIT_FOR_ALL.graceMs(trainMs, linkDelayMs),
  isEnough: (silent, awaited) => silent <= awaited / 2,
  matching: BY_TIME
}

/** Whom peers wait for: `all` is what real peers do, `overlap` is under study, the others show what goes wrong. */
export const WAIT_RULES = { all: WAIT_FOR_ALL, half: HALF, none: NO_WAIT, overlap: overlapRule() } as const

export type WaitRuleName = keyof typeof WAIT_RULES
