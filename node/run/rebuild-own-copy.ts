import { setImmediate as nextTurn } from 'node:timers/promises'
import { compare } from 'uint8arrays/compare'
import { equals } from 'uint8arrays/equals'
import { applyPayload, type Codec, payloadBytes } from '../../protocols/averaging/index.ts'
import { parseDeltaHeader, type SignedDeltaHeader } from '../../protocols/envelope/index.ts'
import type { ChainEntry, SavedCopy, Storage } from '../../storage/index.ts'
import { hashOf } from '../vectors/index.ts'
import { readPayload } from './read-payload.ts'

/** Deltas that are replayed at most: between two snapshots lie 32, and the copy is saved every eight. */
const MAX_REPLAYED = 64

/** What every delta of a chain agrees on. */
interface ChainFacts {
  /** Run id, CID bytes. */
  readonly runBytes: Uint8Array
  readonly codec: Codec
  readonly parameterCount: number
}

interface OwnChainFacts extends ChainFacts {
  /** Run id, text form: names the chain. */
  readonly run: string
  readonly author: Uint8Array
}

type DeltaEntry = Extract<ChainEntry, { type: 'delta' }>

interface StoredDelta {
  readonly entry: DeltaEntry
  readonly signed: SignedDeltaHeader
}

/**
 * The newest copy that this peer signed and whose deltas are on its disk: what it saved last, or a snapshot, and the
 * deltas after that replayed. Undefined where what was saved is as new, or nothing better can be had: a chain whose end
 * was never written, or was lost in a power cut, is replayed as far as it goes. A result is what the peer signed, bit for
 * bit. Never rejects for what the store holds.
 */
export async function rebuildOwnCopy(
  storage: Pick<Storage, 'chains' | 'getBlock' | 'getFile'>,
  facts: OwnChainFacts,
  saved: SavedCopy | undefined
): Promise<SavedCopy | undefined> {
  try {
    const tail: StoredDelta[] = []
    for (const entry of (await storage.chains.window(facts.run)).reverse()) {
      if (entry.type === 'delta') {
        const signed = await readHeader(storage, facts, entry)
        const [next] = tail
        if (signed === undefined || (next !== undefined && !isBefore(signed, next.signed))) {
          if (next !== undefined) return undefined
          continue // The newest delta is not whole: the one before it may be.
        }
        if (saved !== undefined && equals(saved.stateHash, signed.header.stateHash)) {
          return tail.length === 0 ? undefined : await replay(storage, facts, saved.copy, tail)
        }
        if (tail.unshift({ entry, signed }) > MAX_REPLAYED) return undefined
      } else if (tail.length > 0) {
        const copy = await readSnapshot(storage, facts, entry.root)
        const from = copy === undefined ? -1 : replayFrom(tail, copy)
        if (copy === undefined || from < 0) continue
        const rebuilt =
          from === tail.length
            ? savedAt(tail.at(-1)!.signed, copy)
            : await replay(storage, facts, copy, tail.slice(from))
        return rebuilt !== undefined && isNewer(rebuilt, saved) ? rebuilt : undefined
      }
    }
  } catch {
    // A store that cannot be read is told of by whoever opened it; the saved copy is there all the same.
  }
  return undefined
}

async function readHeader(
  storage: Pick<Storage, 'getBlock'>,
  { runBytes, author, codec, parameterCount }: OwnChainFacts,
  { header }: DeltaEntry
): Promise<SignedDeltaHeader | undefined> {
  try {
    const signed = await parseDeltaHeader(await storage.getBlock(header, { timeoutMs: 1000 }))
    const { run, author: signer, codec: used, length } = signed.header
    const isOwn = equals(run, runBytes) && equals(signer, author)
    return isOwn && used === codec && length === parameterCount ? signed : undefined
  } catch {
    return undefined
  }
}

function isBefore(signed: SignedDeltaHeader, next: SignedDeltaHeader): boolean {
  return next.header.prev !== null && equals(next.header.prev, signed.cid.bytes)
}

async function readSnapshot(
  storage: Pick<Storage, 'getFile'>,
  { parameterCount }: ChainFacts,
  root: Parameters<Storage['getFile']>[0]
): Promise<Float32Array | undefined> {
  try {
    const bytes = await storage.getFile(root, { maxBytes: 4 * parameterCount, timeoutMs: 1000 })
    return bytes.byteLength === 4 * parameterCount ? new Float32Array(bytes.slice().buffer) : undefined
  } catch {
    return undefined
  }
}

/** Index of the first delta that a copy lacks; the number of deltas for the newest copy; -1 for one of another chain. */
function replayFrom(tail: readonly StoredDelta[], copy: Float32Array): number {
  const hash = hashOf(copy)
  if (equals(tail.at(-1)!.signed.header.stateHash, hash)) return tail.length
  return tail.findIndex(({ signed }) => equals(signed.header.base, hash))
}

/** Adds deltas to a copy as far as they are whole; undefined when not even one is, or one leads to what was not signed. */
async function replay(
  storage: Pick<Storage, 'getBlock'>,
  { codec, parameterCount }: ChainFacts,
  base: Float32Array,
  deltas: readonly StoredDelta[]
): Promise<SavedCopy | undefined> {
  const copy = base.slice()
  let newest: SignedDeltaHeader | undefined
  for (const { entry, signed } of deltas) {
    const payload = await readPayload(storage, entry.payload, payloadBytes(codec, parameterCount))
    if (payload === undefined) break
    applyPayload(codec, payload, copy)
    if (!equals(hashOf(copy), signed.header.stateHash)) return undefined
    newest = signed
    await nextTurn() // A delta of a million parameters is a few milliseconds; the main thread serves between them.
  }
  return newest === undefined ? undefined : savedAt(newest, copy)
}

function savedAt({ header: { incarnation, seq, round, stateHash } }: SignedDeltaHeader, copy: Float32Array): SavedCopy {
  return { incarnation, seq, round: round + 1, stateHash, copy }
}

/** The start time leads an incarnation, so that byte order is age order. */
function isNewer(rebuilt: SavedCopy, saved: SavedCopy | undefined): boolean {
  if (saved === undefined) return true
  return (compare(rebuilt.incarnation, saved.incarnation) || rebuilt.seq - saved.seq) > 0
}
