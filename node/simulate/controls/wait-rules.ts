import { WAIT_FOR_ALL, type WaitRule } from '../../participant/index.ts'
import { overlapRule } from '../overlap.ts'

/** A control: mixes whatever is there when the own delta is out. */
const NO_WAIT: WaitRule = { ...WAIT_FOR_ALL, graceMs: () => 0, isEnough: () => true }

/** A control: goes on as soon as half of the awaited links have delivered. */
const HALF: WaitRule = { ...WAIT_FOR_ALL, isEnough: (silent, awaited) => silent <= awaited / 2 }

/** Whom peers wait for: `all` is what real peers do, `overlap` is under study, the others show what goes wrong. */
export const WAIT_RULES = { all: WAIT_FOR_ALL, half: HALF, none: NO_WAIT, overlap: overlapRule() } as const

export type WaitRuleName = keyof typeof WAIT_RULES
