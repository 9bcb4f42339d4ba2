import type { DeltaFrame } from '../../../protocols/delta-gossip/index.ts'
import type { Attack } from '../attack.ts'

/** How old what is sent again is: within what a follower remembers. */
const BACK_DELTAS = 4

/** Sends, instead of every other new delta, the one of four deltas before, still well signed. */
export function staleReplay(): NonNullable<Attack['interference']> {
  const sent = new Map<string, DeltaFrame[]>()
  return async (from, to, frame) => {
    const way = `${from.peer.id} to ${to.id}`
    const frames = [...(sent.get(way) ?? []), frame].slice(-BACK_DELTAS - 1)
    sent.set(way, frames)
    const isDue = frames.length > BACK_DELTAS && from.peer.participant.chain!.seq % 2 === 0
    return isDue ? frames[0]! : frame
  }
}
