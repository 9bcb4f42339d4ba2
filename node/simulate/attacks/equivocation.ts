import { Averager, type AveragingRules, createRandom } from '../../../protocols/averaging/index.ts'
import type { DeltaFrame } from '../../../protocols/delta-gossip/index.ts'
import { payloadRoot } from '../../../protocols/delta-gossip/index.ts'
import { parseDeltaHeader, sealDeltaHeader } from '../../../protocols/envelope/index.ts'
import type { Attack } from '../attack.ts'
import type { Member } from '../member.ts'

/** Every fourth delta has a second face, and the first one is shown a delta later. */
const EVERY_DELTAS = 4

/** How much longer than the true one, and backwards, the other delta is. */
const TIMES = -10

/**
 * Signs two deltas under one number: each neighbour first gets one that goes ten times backwards, and a delta later the
 * one that the chain goes on from. Half of the neighbours are told two deltas after the others, so that neighbours disagree.
 */
export function equivocation(rules: AveragingRules): NonNullable<Attack['interference']> {
  const hidden = new Map<string, DeltaFrame>()
  return async (from, to, frame) => {
    const way = `${from.peer.id} to ${to.id}`
    const { seq } = (await parseDeltaHeader(frame.header)).header
    const first = hidden.get(way)
    hidden.delete(way)
    if (first !== undefined) return first
    // Every eighth copy is hashed by who follows: odd numbers are not.
    const turn = to.id.charCodeAt(to.id.length - 1) % 2 === 0 ? 1 : 3
    if (seq % EVERY_DELTAS !== turn) return frame
    hidden.set(way, frame)
    return forge(from, frame, rules)
  }
}

/** Another delta of the same number, as well signed as the true one. */
async function forge({ peer }: Member, frame: DeltaFrame, rules: AveragingRules): Promise<DeltaFrame> {
  const { header } = await parseDeltaHeader(frame.header)
  const truth = frame.payload ?? peer.participant.chain?.payload(header.payload.root)
  if (truth === undefined) return frame
  const blank = new Float32Array(header.length)
  const reader = new Averager({ rules, parameters: blank, random: createRandom(header.seq) })
  reader.adopt(peer.id, blank.slice())
  reader.absorb(peer.id, truth)
  const lie = reader.view(peer.id)!.map((x) => TIMES * x)
  const { payload, norm } = reader.publish(lie, { driftWeight: 1, withMomentum: false })!
  const root = (await payloadRoot(payload)).bytes
  const sealed = await sealDeltaHeader({ ...header, payload: { bytes: payload.byteLength, root }, norm }, peer.key)
  return { header: sealed, payload }
}
