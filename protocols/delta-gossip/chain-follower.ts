import { equals } from 'uint8arrays/equals'
import type { Clock } from '../clock.ts'
import {
  type DeltaHeader,
  InvalidRecordError,
  parseDeltaHeader,
  type RefusalReason,
  type SignedDeltaHeader
} from '../envelope/index.ts'
import { ArrivalLimit } from './arrival-limit.ts'
import { KeptDeltas } from './kept-deltas.ts'
import { payloadRoot } from './payload-root.ts'

/** Missing deltas that are fetched one by one; past it the author's current copy costs less (ALGORITHMS 1). */
export const MAX_GAP_DELTAS = 8

/** Frames that may wait for a chain: more means that we are too slow for it, and its current copy is fetched … */
const MAX_WAITING_FRAMES = 2

/**
 * … but as many as a gap may have while their payloads, of 16 KiB at most, are here already: adding those costs less than
 * the copy that would be fetched instead of them. Of 64 peers on two busy cores, where frames bunch up, each fetched 9
 * copies in 40 rounds.
 */
const MAX_WAITING_PAYLOADS = MAX_GAP_DELTAS

/** A copy's hash is compared on every eighth delta, and on every fetched copy (DESIGN 4). */
const HASH_CHECK_DELTAS = 8

/** Starts of one author within an hour (DESIGN 5); each may cost a fetched copy. */
const MAX_STARTS = 10
const STARTS_WINDOW_MS = 3_600_000

/** One announced delta as it travels: the sealed header, and the payload if it rides along. */
export interface DeltaFrame {
  readonly header: Uint8Array
  readonly payload?: Uint8Array
}

/** A version of a neighbour's public copy that this peer holds. */
export interface Version {
  readonly author: string
  readonly header: DeltaHeader
  /** The sealed header, to pass on. */
  readonly sealed: Uint8Array
  /** CID of the delta, as `prev` and checkpoint cuts name it. */
  readonly delta: Uint8Array
  /** When the header was sent, on the own monotonic clock: arrival minus half the round trip. */
  readonly heardAt: number
  /** When the copy was ready to mix. */
  readonly absorbedAt: number
}

/** What a copy's owner may have done wrong; `undefined` when all is well. */
export type CopyFault = Extract<RefusalReason, 'wrong-length' | 'non-finite' | 'state-mismatch' | 'gap'> | undefined

/** Where public copies live (the training worker). A faulty delta leaves no copy behind. */
export interface CopyKeeper {
  absorb(author: string, payload: Uint8Array, expected: ExpectedCopy): Promise<CopyFault>
  adopt(author: string, copy: Uint8Array, expected: ExpectedCopy): Promise<CopyFault>
  adoptInitial(author: string): Promise<void>
  /** Takes up the copy again that was held of an author when it parted. Resolves with its version; undefined for none. */
  recall(author: string): Promise<ExpectedCopy['version'] | undefined>
}

export interface ExpectedCopy {
  readonly version: Pick<DeltaHeader, 'incarnation' | 'seq'> & { readonly delta: Uint8Array }
  /** What the author signed for this version; without it the copy can be mixed but proves nothing. */
  readonly signed?: SignedVersion
  readonly norm?: number
  /** SHA-256 of the copy after this delta; not compared when absent. */
  readonly stateHash?: Uint8Array
}

/** A version as its author signed it. */
export interface SignedVersion {
  /** The sealed delta header. */
  readonly header: Uint8Array
  /** SHA-256 of the copy after that delta. */
  readonly stateHash: Uint8Array
}

/** Asks the author, or whoever holds its chain. Every call has a deadline of its own and may fail. */
export interface ChainSource {
  payload(root: Uint8Array, bytes: number): Promise<Uint8Array>
  deltas(incarnation: Uint8Array, from: number, to: number): Promise<readonly DeltaFrame[]>
  copy(): Promise<{ readonly header: Uint8Array; readonly copy: Uint8Array }>
}

export interface ChainRules {
  readonly run: Uint8Array
  readonly codec: DeltaHeader['codec']
  readonly parameterCount: number
  readonly initialHash: Uint8Array
  readonly minRoundMs: number
}

export interface ChainFollowerInit {
  /** Peer id of the author, text form. */
  readonly author: string
  /** Peer id of the author, multihash bytes, as headers carry it. */
  readonly authorBytes: Uint8Array
  readonly rules: ChainRules
  readonly keeper: CopyKeeper
  readonly source: ChainSource
  readonly clock: Clock
  readonly onVersion: (version: Version) => void
  /** Counts what was refused. `proof` holds both sealed headers of an equivocation. */
  readonly onRefused: (reason: RefusalReason, proof?: readonly Uint8Array[]) => void
  /**
   * A fetch failed: the author may be gone or busy. The next announcement starts another. Also told when the keeper
   * itself fails, after which nothing is followed any more.
   */
  readonly onFetchFailed: (error: Error) => undefined
}

/**
 * Follows one author's chain of deltas and keeps the author's public copy up to date.
 *
 * Who speaks: the author announces on the link; this side pulls what did not ride along. What may happen: frames are
 * lost, repeated, late or forged; the author restarts as a new incarnation; we are slower than the author. Rules
 * (ALGORITHMS 1): a version at or before the held one is ignored; a delta whose `base` is the hash of the held copy is
 * added; a gap of up to eight is fetched; anything else fetches the author's current copy and checks it against the
 * signed hash. Promised: a held copy is the author's copy, bit for bit, at the version named. Not promised: that every
 * version is seen. Nothing that the author sends throws out of here; it is refused and counted by reason.
 */
export class ChainFollower {
  readonly #init: ChainFollowerInit
  readonly #limit: ArrivalLimit
  /** Sealed headers by sequence number of the newest incarnation: a second body for one of them is equivocation. */
  readonly #seen = new Map<number, SignedDeltaHeader>()
  /** The newest incarnation that was seen, whether or not a copy of it is held. */
  #incarnation: Uint8Array | undefined
  /** When the last incarnations were first seen, oldest first. */
  readonly #startsAt: number[] = []
  #waiting: { frame: DeltaFrame; heardAt: number }[] = []
  #isWorking = false
  #isClosed = false
  #mustResync = false
  #version: Version | undefined
  /** Held when the author parted; to be taken up again. */
  #recalled: Version | undefined
  /** For neighbours that follow the author too. */
  readonly deltas = new KeptDeltas()

  constructor(init: ChainFollowerInit) {
    this.#init = init
    this.#limit = new ArrivalLimit(init.rules.minRoundMs)
  }

  /** The version that is held, if any. */
  get version(): Version | undefined {
    return this.#version
  }

  /** Takes a frame from the link. `heardAt`: see Version. Never throws; work goes on in the background. */
  receive(frame: DeltaFrame, heardAt: number): void {
    if (this.#isClosed) return
    this.#waiting.push({ frame, heardAt })
    const areHere = this.#waiting.every(({ frame: { payload } }) => payload !== undefined)
    if (this.#waiting.length > (areHere ? MAX_WAITING_PAYLOADS : MAX_WAITING_FRAMES)) {
      this.#waiting.splice(0, this.#waiting.length - 1)
      this.#mustResync = true
    }
    void this.#work()
  }

  /** Fetches the author's current copy: after a link opens to a peer that has published already. */
  resync(heardAt: number): Promise<void> {
    this.#mustResync = true
    return this.#work(heardAt)
  }

  /**
   * The author is back after a stop, and this is the version that was held of it: if its new chain begins from that copy, which
   * the hash in its first delta tells, nothing need be fetched. Call before anything is received.
   */
  recall(version: Version): void {
    this.#recalled = version
  }

  close(): void {
    this.#isClosed = true
    this.#waiting = []
  }

  async #work(resyncHeardAt = this.#init.clock.now()): Promise<void> {
    if (this.#isWorking) return
    this.#isWorking = true
    try {
      while (!this.#isClosed) {
        const next = this.#waiting.shift()
        if (next !== undefined) await this.#take(next.frame, next.heardAt)
        else if (this.#mustResync) await this.#fetchCopy(resyncHeardAt)
        else break
      }
    } catch (error) {
      // The keeper's thread is gone: the rounds end with the same error, and there is nothing left to follow for.
      this.close()
      this.#init.onFetchFailed(error as Error)
    } finally {
      this.#isWorking = false
    }
  }

  async #take(frame: DeltaFrame, heardAt: number): Promise<void> {
    await this.#takeUp()
    const signed = await this.#verify(frame.header)
    if (signed === undefined || !this.#isNews(signed)) return
    if (!this.#limit.take(this.#init.clock.now())) return this.#init.onRefused('rate')
    if (this.#mustResync) return this.#fetchCopy(heardAt)
    if (this.#baseOf(signed.header) !== undefined) return this.#add(signed, frame.payload, heardAt)
    const held = this.#version?.header
    const gap = signed.header.seq - (held?.seq ?? 0) - 1
    const isSameChain = held !== undefined && equals(held.incarnation, signed.header.incarnation)
    if (isSameChain && gap >= 1 && gap <= MAX_GAP_DELTAS) return this.#fillGap(signed, frame.payload, heardAt)
    return this.#fetchCopy(heardAt)
  }

  async #takeUp(): Promise<void> {
    const version = this.#recalled
    this.#recalled = undefined
    if (version === undefined) return
    const held = await this.#init.keeper.recall(this.#init.author)
    if (this.#isClosed || held === undefined || !equals(held.delta, version.delta)) return
    this.#version = version
    this.#incarnation = version.header.incarnation
  }

  async #verify(bytes: Uint8Array): Promise<SignedDeltaHeader | undefined> {
    const { rules, authorBytes, onRefused } = this.#init
    try {
      const signed = await parseDeltaHeader(bytes)
      const { header } = signed
      // Keyed by the signer: an echo of our own delta, or anybody else's, is not this chain.
      if (!equals(header.author, authorBytes)) onRefused('wrong-author')
      else if (!equals(header.run, rules.run)) onRefused('wrong-run')
      else if (header.codec !== rules.codec) onRefused('unknown-codec')
      else if (header.length !== rules.parameterCount) onRefused('wrong-length')
      else return signed
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error
      onRefused(error.reason)
    }
    return undefined
  }

  #isNews(signed: SignedDeltaHeader): boolean {
    const { header } = signed
    if (this.#isFromOlderStart(header)) {
      this.#init.onRefused('replayed')
      return false
    }
    const seen = this.#seen.get(header.seq)
    if (seen !== undefined && !equals(seen.hash, signed.hash)) {
      this.#init.onRefused('equivocation', [seen.bytes, signed.bytes])
      return false
    }
    this.#remember(signed)
    const held = this.#version?.header
    if (held === undefined || !equals(held.incarnation, header.incarnation) || header.seq > held.seq) return true
    this.#init.onRefused('replayed')
    return false
  }

  /** The start time leads an incarnation, so that byte order is age order: the newer start wins. */
  #isFromOlderStart({ incarnation }: DeltaHeader): boolean {
    const age = this.#incarnation === undefined ? 1 : compareBytes(incarnation, this.#incarnation)
    if (age > 0 && this.#isStartDue()) {
      this.#incarnation = incarnation
      this.#seen.clear()
      return false
    }
    return age !== 0
  }

  /** Whether the author may have started anew: one that does so all the time is followed in its last start alone. */
  #isStartDue(): boolean {
    const now = this.#init.clock.now()
    if (this.#startsAt.length >= MAX_STARTS && now - this.#startsAt[0]! < STARTS_WINDOW_MS) return false
    this.#startsAt.push(now)
    if (this.#startsAt.length > MAX_STARTS) this.#startsAt.shift()
    return true
  }

  #remember(signed: SignedDeltaHeader): void {
    this.#seen.set(signed.header.seq, signed)
    // Kept as long as a gap can be filled, twice over.
    if (this.#seen.size > 2 * MAX_GAP_DELTAS) this.#seen.delete(this.#seen.keys().next().value!)
  }

  /** What the delta adds to: the copy that is held, the initial one that everybody has, or one that is not here. */
  #baseOf(header: DeltaHeader): 'held' | 'initial' | undefined {
    const held = this.#version
    if (held !== undefined && equals(header.base, held.header.stateHash)) {
      const isSameStart = equals(header.incarnation, held.header.incarnation)
      const isNext = header.seq === held.header.seq + 1 && header.prev !== null && equals(header.prev, held.delta)
      return (isSameStart ? isNext : header.seq === 0) ? 'held' : undefined
    }
    return header.seq === 0 && equals(header.base, this.#init.rules.initialHash) ? 'initial' : undefined
  }

  async #add(signed: SignedDeltaHeader, inline: Uint8Array | undefined, heardAt: number): Promise<void> {
    const { author, keeper, onRefused } = this.#init
    const payload = await this.#payloadOf(signed.header, inline)
    // A link that closed meanwhile may have been opened anew: its follower owns the copy now.
    if (payload === undefined || this.#isClosed) return
    const { header } = signed
    // Only now: until the payload is here, the version that is named must stay the copy that is held.
    if (this.#baseOf(header) === 'initial') await keeper.adoptInitial(author)
    this.deltas.add(signed, payload)
    const fault = await keeper.absorb(author, payload, {
      ...namesOf(signed),
      norm: header.norm,
      ...(header.seq % HASH_CHECK_DELTAS === 0 ? { stateHash: header.stateHash } : {})
    })
    if (fault === undefined) return this.#hold(signed, heardAt)
    this.#version = undefined
    this.#mustResync = true
    this.deltas.clear()
    onRefused(fault)
  }

  async #payloadOf(header: DeltaHeader, inline: Uint8Array | undefined): Promise<Uint8Array | undefined> {
    const { source, onRefused, onFetchFailed } = this.#init
    const { root, bytes } = header.payload
    const payload = inline ?? (await source.payload(root, bytes).catch(onFetchFailed))
    if (payload === undefined) return undefined
    const isClaimed = payload.byteLength === bytes
    if (isClaimed && equals((await payloadRoot(payload)).bytes, root)) return payload
    onRefused('payload-mismatch')
    return undefined
  }

  async #fillGap(newest: SignedDeltaHeader, inline: Uint8Array | undefined, heardAt: number): Promise<void> {
    const { incarnation, seq } = newest.header
    const from = this.#version!.header.seq + 1
    const frames = await this.#init.source.deltas(incarnation, from, seq - 1).catch(this.#init.onFetchFailed)
    for (const frame of (frames ?? []).slice(0, MAX_GAP_DELTAS)) {
      const signed = await this.#verify(frame.header)
      if (signed === undefined || this.#baseOf(signed.header) === undefined) break
      await this.#add(signed, frame.payload, heardAt)
    }
    if (this.#baseOf(newest.header) !== undefined) return this.#add(newest, inline, heardAt)
    return this.#fetchCopy(heardAt)
  }

  async #fetchCopy(heardAt: number): Promise<void> {
    const { author, keeper, source, onRefused, onFetchFailed } = this.#init
    this.#mustResync = false
    const answer = await source.copy().catch(onFetchFailed)
    if (answer === undefined || this.#isClosed) return
    const signed = await this.#verify(answer.header)
    if (signed === undefined) return
    const { header } = signed
    const held = this.#version?.header
    if (this.#isFromOlderStart(header)) return onRefused('replayed')
    if (held !== undefined && equals(held.incarnation, header.incarnation) && header.seq <= held.seq) return
    const fault = await keeper.adopt(author, answer.copy, {
      ...namesOf(signed),
      stateHash: header.stateHash
    })
    if (fault === undefined) return this.#hold(signed, heardAt)
    this.#version = undefined
    onRefused(fault)
  }

  #hold(signed: SignedDeltaHeader, heardAt: number): void {
    if (this.#isClosed) return
    const { author, clock, onVersion } = this.#init
    const { header, bytes: sealed, cid } = signed
    this.#version = { author, header, sealed, delta: cid.bytes, heardAt, absorbedAt: clock.now() }
    onVersion(this.#version)
  }
}

function namesOf({ header, bytes, cid }: SignedDeltaHeader): Pick<ExpectedCopy, 'version' | 'signed'> {
  const { incarnation, seq, stateHash } = header
  return { version: { incarnation, seq, delta: cid.bytes }, signed: { header: bytes, stateHash } }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return a[i]! - b[i]!
  return a.length - b.length
}
