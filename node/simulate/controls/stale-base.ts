import type { PrivateKey } from '@libp2p/interface'
import { Averager, createRandom, PayloadError } from '../../../protocols/averaging/index.ts'
import { parseDeltaHeader, type RunManifest, sealDeltaHeader } from '../../../protocols/envelope/index.ts'
import { averagingRulesOf, hashOf } from '../../vectors/index.ts'
import type { Interference, Station } from '../simulated-network.ts'

/** How far one receiver has come with one author, gaps not counted. */
interface Received {
  seq: number
  prev: Uint8Array | null
}

/**
 * A control: what becomes of a flock whose peers add every delta that reaches them to whatever copy they hold, as if none
 * had been lost (ALGORITHMS 1, "must fail"). A real follower would not: so each arriving header is sealed anew in its
 * author's name, as the next one of a chain that has no gaps and whose hashes are those of the receiver's stale copy.
 */
export function addToStaleBase(
  manifest: RunManifest,
  initial: Float32Array,
  keyOf: (station: Station) => PrivateKey
): Interference {
  const copies = new Averager({
    rules: averagingRulesOf(manifest.averaging),
    parameters: initial.slice(),
    random: createRandom(0)
  })
  const received = new Map<string, Received>()
  return async (from, to, frame) => {
    const name = `${from.id} at ${to.id}`
    const { header } = await parseDeltaHeader(frame.header)
    const payload = frame.payload ?? from.participant.chain?.payload(header.payload.root)
    if (payload === undefined) return frame
    if (copies.view(name) === undefined) copies.adopt(name, initial.slice())
    const last = received.get(name) ?? { seq: -1, prev: null }
    const base = hashOf(copies.view(name)!)
    const norm = absorbed(copies, name, payload)
    // Past all bounds: the receiver refuses it, as it would without this control.
    if (norm === undefined) return frame
    const seq = last.seq + 1
    const stateHash = hashOf(copies.view(name)!)
    const sealed = await sealDeltaHeader({ ...header, seq, prev: last.prev, base, norm, stateHash }, keyOf(from))
    received.set(name, { seq, prev: (await parseDeltaHeader(sealed)).cid.bytes })
    return { ...frame, header: sealed }
  }
}

/** Norm of the increment, or `undefined` where the stale copy grows past what a copy may hold. */
function absorbed(copies: Averager, name: string, payload: Uint8Array): number | undefined {
  try {
    return copies.absorb(name, payload)
  } catch (error) {
    if (error instanceof PayloadError) return undefined
    throw error
  }
}
