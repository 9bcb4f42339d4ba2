import { equals } from 'uint8arrays/equals'
import { type ChainSource, type DeltaFrame, payloadRoot } from '../../protocols/delta-gossip/index.ts'
import { InvalidRecordError, parseDeltaHeader, type RefusalReason } from '../../protocols/envelope/index.ts'
import type { SignedCopy } from '../../protocols/state-sync/index.ts'

/** Neighbours that are asked for what an author does not give: each that does not have it costs a round trip. */
const MAX_HOLDERS = 2

/** Asks one peer for something of an author's chain. */
export interface ChainHolder extends ChainSource {
  /** The copy that this peer holds of the author. */
  copyOf(author: Uint8Array): Promise<SignedCopy>
}

export interface ChainHoldersInit {
  readonly author: string
  readonly authorBytes: Uint8Array
  readonly holder: (id: string) => ChainHolder
  /** Neighbours, as they are at the moment. */
  readonly others: () => Iterable<string>
  /** A neighbour gave what the author never signed. */
  readonly onRefused: (holder: string, reason: RefusalReason) => void
}

/**
 * A chain from its author, or from neighbours that follow it too when the author is gone or busy. What neighbours give is
 * checked here, before the author could be blamed for it: the author's signature, and the hash that it covers.
 */
export function chainHolders(init: ChainHoldersInit): ChainSource {
  const { author, authorBytes, holder, others, onRefused } = init
  const own = holder(author)
  /** The author's answer, or else the first of a neighbour that is as it was signed; rejects as the author did. */
  const fromAnyone = async <T>(
    ask: (source: ChainHolder, isAuthor: boolean) => Promise<T>,
    check: (answer: T) => Promise<RefusalReason | 'none' | undefined>
  ): Promise<T> => {
    try {
      return await ask(own, true)
    } catch (error) {
      // What the author said is wrong is for the follower to judge; nobody else can say it better.
      if (error instanceof InvalidRecordError) throw error
      const ids = [...others()].filter((id) => id !== author).slice(0, MAX_HOLDERS)
      for (const id of ids) {
        const answer = await ask(holder(id), false).catch(() => undefined)
        if (answer === undefined) continue
        const fault = await check(answer)
        if (fault === undefined) return answer
        if (fault !== 'none') onRefused(id, fault)
      }
      throw error
    }
  }
  return {
    payload: (root, bytes) =>
      fromAnyone(
        (source) => source.payload(root, bytes),
        async (payload) => (equals((await payloadRoot(payload)).bytes, root) ? undefined : 'payload-mismatch')
      ),
    deltas: (incarnation, from, to) =>
      fromAnyone(
        (source) => source.deltas(incarnation, from, to),
        async (frames) => (frames.length === 0 ? 'none' : await faultOfDeltas(frames, authorBytes))
      ),
    copy: () =>
      fromAnyone(
        (source, isAuthor) => (isAuthor ? source.copy() : source.copyOf(authorBytes)),
        (answer) => faultOfCopy(answer, authorBytes)
      )
  }
}

async function faultOfDeltas(frames: readonly DeltaFrame[], author: Uint8Array): Promise<RefusalReason | undefined> {
  for (const { header: bytes, payload } of frames) {
    const signed = await parseDeltaHeader(bytes).catch(refusalOf)
    if (typeof signed === 'string') return signed
    if (!equals(signed.header.author, author)) return 'wrong-author'
    const isWhole = payload !== undefined && equals((await payloadRoot(payload)).bytes, signed.header.payload.root)
    if (!isWhole) return 'payload-mismatch'
  }
  return undefined
}

async function faultOfCopy({ header, copy }: SignedCopy, author: Uint8Array): Promise<RefusalReason | undefined> {
  const signed = await parseDeltaHeader(header).catch(refusalOf)
  if (typeof signed === 'string') return signed
  if (!equals(signed.header.author, author)) return 'wrong-author'
  const hash = await crypto.subtle.digest('SHA-256', copy as Uint8Array<ArrayBuffer>)
  return equals(new Uint8Array(hash), signed.header.stateHash) ? undefined : 'state-mismatch'
}

function refusalOf(error: unknown): RefusalReason {
  if (error instanceof InvalidRecordError) return error.reason
  throw error
}
