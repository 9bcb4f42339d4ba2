import type { Libp2p } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { equals } from 'uint8arrays/equals'
import { type BulkTarget, type BulkTurn, readBulk, readBulkInto, transferSignal, writeBulk } from '../bulk-frames.ts'
import { InvalidRecordError, type RefusalReason, recordHash } from '../envelope/index.ts'
import { Requests } from '../request-response.ts'
import { KeptCopies } from './kept-copies.ts'
import {
  encodeClosed,
  encodeStateAnswer,
  encodeStateRequest,
  MAX_CLOSED_BYTES,
  MAX_STATE_ANSWER_BYTES,
  parseClosed,
  parseStateAnswer,
  parseStateRequest,
  type StateRequest
} from './messages.ts'

/** Copies that one peer may fetch from us at once: it needs one. */
const MAX_STREAMS = 2

/** The peer has no copy to give: it has not published yet, or it has no data. */
export class NoCopyError extends Error {
  override readonly name = 'NoCopyError'
  readonly code = 'ERR_NO_COPY'

  constructor(peer: string) {
    super(`peer ${peer} has no copy to give yet: ask again after its first delta`)
  }
}

/** The own newest header with the copy that it signs. */
export interface SignedCopy {
  /** Sealed delta header. */
  readonly header: Uint8Array
  /** Little-endian float32, 4 bytes a parameter. */
  readonly copy: Uint8Array
}

export interface StateServiceInit {
  readonly libp2p: Libp2p
  /** `/starling/<net>/state/1.0.0` */
  readonly protocol: string
  /** Run id, CID bytes. */
  readonly run: Uint8Array
  readonly parameterCount: number
  /**
   * The current copy of an author, this peer itself or a neighbour whose copy it holds; undefined before the first delta,
   * for peers without data, and for authors that it does not follow.
   */
  readonly copyOf: (author: Uint8Array) => Promise<SignedCopy | undefined>
  /** Sealed announcement of the newest checkpoint that this peer knows of. */
  readonly newestCheckpoint: () => Uint8Array | undefined
  /** Sealed last headers of members that have closed, whose copies this peer gives; none unless told otherwise. */
  readonly closed?: () => readonly Uint8Array[]
  /** Somebody asked for what nobody may ask for. */
  readonly onRefused?: (peer: string, reason: RefusalReason) => void
  /** Paces what is sent in bulk, where uploads are limited. */
  readonly bulkTurn?: BulkTurn
  /** Hears how much of a copy that is being fetched is here, in bytes. */
  readonly onProgress?: (peer: string, received: number, total: number) => void
}

/** Part of a copy that a transfer left when it broke. */
interface PartialCopy {
  readonly header: Uint8Array
  readonly target: BulkTarget
}

/**
 * Late join and repair: the current public copy of a peer, whose hash the peer has signed, and the newest checkpoint.
 * The callee answers a request with one record and, for a copy, its bytes. The caller checks signature and hash;
 * whoever serves a wrong copy is found out by one SHA-256: so a copy may come from anybody who holds it.
 *
 * A transfer that breaks is gone on with: the caller says which copy it has a part of, by its header's hash, and the callee,
 * which keeps what it served last for a while, leaves that part out. It may also answer with a newer copy, whole.
 */
export class StateService {
  readonly #init: StateServiceInit
  readonly #requests: Requests
  readonly #own: Uint8Array
  /** Copies that were served last, by the hash of their header. */
  readonly #served = new KeptCopies<SignedCopy>()
  /** What is here of copies whose transfer broke, by peer and author. */
  readonly #partial = new KeptCopies<PartialCopy>()

  constructor(init: StateServiceInit) {
    this.#init = init
    const { libp2p, protocol, run, onRefused } = init
    this.#own = libp2p.peerId.toMultihash().bytes
    this.#requests = new Requests({
      libp2p,
      protocol,
      run,
      runOf: (request) => parseStateRequest(request).run,
      maxMessageBytes: MAX_STATE_ANSWER_BYTES,
      maxStreams: MAX_STREAMS,
      answer: (request, frames) => this.#answer(request, frames),
      onFault: (peer, { reason }) => onRefused?.(peer, reason)
    })
  }

  start(): Promise<void> {
    return this.#requests.start()
  }

  async stop(): Promise<void> {
    await this.#requests.stop()
    this.#served.clear()
    this.#partial.clear()
  }

  /**
   * Fetches a copy from a peer: its own current one, or the one that it holds of `author`. Rejects when the peer is gone
   * or too slow, or with NoCopyError, InvalidRecordError; the next call goes on where this one broke.
   */
  async fetchCopy(peer: string, author?: Uint8Array): Promise<SignedCopy> {
    const { run, parameterCount, onProgress } = this.#init
    const expected = 4 * parameterCount
    const name = nameOf(peer, author)
    const partial = this.#partial.take(name)
    const held = partial === undefined ? undefined : { record: recordHash(partial.header), bytes: partial.target.at }
    const whose = author === undefined ? {} : { author }
    const request = encodeStateRequest({ v: 1, run, want: 'copy', ...whose, ...(held === undefined ? {} : { held }) })
    return this.#requests.call(peer, request, expected, async (frames, signal) => {
      const { record, bytes, from = 0 } = parseStateAnswer((await frames.read({ signal })).subarray())
      if (record === undefined) throw new NoCopyError(peer)
      if (bytes !== expected || (from !== 0 && from !== held?.bytes)) {
        throw new InvalidRecordError('wrong-length', `copy of ${bytes} bytes from ${from}, the run's are ${expected}`)
      }
      const target = from === 0 ? { bytes: new Uint8Array(expected), at: 0 } : partial!.target
      try {
        await readBulkInto(frames, target, signal, (at) => onProgress?.(peer, at, expected))
      } catch (error) {
        const isBroken = !(error instanceof InvalidRecordError) && target.at > 0
        if (isBroken) this.#partial.keep(name, { header: record, target })
        throw error
      }
      return { header: record, copy: target.bytes }
    })
  }

  /** Fetches the sealed announcement of the newest checkpoint that a peer knows of; undefined when there is none. */
  async fetchCheckpoint(peer: string): Promise<Uint8Array | undefined> {
    const request = encodeStateRequest({ v: 1, run: this.#init.run, want: 'checkpoint' })
    return this.#requests.call(peer, request, MAX_STATE_ANSWER_BYTES, async (frames, signal) => {
      return parseStateAnswer((await frames.read({ signal })).subarray()).record
    })
  }

  /** Fetches the sealed last headers of the members that a peer knows to have closed and holds the copies of. */
  async fetchClosed(peer: string): Promise<readonly Uint8Array[]> {
    const request = encodeStateRequest({ v: 1, run: this.#init.run, want: 'closed' })
    return this.#requests.call(peer, request, MAX_CLOSED_BYTES, async (frames, signal) => {
      const { bytes } = parseStateAnswer((await frames.read({ signal })).subarray())
      if (bytes > MAX_CLOSED_BYTES) {
        throw new InvalidRecordError('oversized', `closed members of ${bytes} bytes, at most ${MAX_CLOSED_BYTES}`)
      }
      return parseClosed(await readBulk(frames, bytes, signal)).headers
    })
  }

  async #answer(bytes: Uint8Array, frames: LengthPrefixedStream): Promise<void> {
    const { run, parameterCount, newestCheckpoint, bulkTurn } = this.#init
    const request = parseStateRequest(bytes)
    if (!equals(request.run, run)) throw new InvalidRecordError('wrong-run', 'asked for another run')
    const signal = transferSignal(4 * parameterCount)
    if (request.want === 'checkpoint') {
      const record = newestCheckpoint()
      const answer = { v: 1, bytes: 0 } as const
      return frames.write(encodeStateAnswer(record === undefined ? answer : { ...answer, record }), { signal })
    }
    if (request.want === 'closed') {
      const list = encodeClosed({ v: 1, headers: [...(this.#init.closed?.() ?? [])] })
      await frames.write(encodeStateAnswer({ v: 1, bytes: list.byteLength }), { signal })
      return writeBulk(frames, list, signal, bulkTurn)
    }
    const { copy, from } = await this.#copyFor(request)
    if (copy === undefined) return frames.write(encodeStateAnswer({ v: 1, bytes: 0 }), { signal })
    const length = copy.copy.byteLength
    const rest = from === 0 ? {} : { from }
    await frames.write(encodeStateAnswer({ v: 1, record: copy.header, bytes: length, ...rest }), { signal })
    await writeBulk(frames, copy.copy.subarray(from), signal, bulkTurn)
  }

  /** The copy that the caller has a part of, where it is still here, or the current one. */
  async #copyFor({ author = this.#own, held }: StateRequest): Promise<{ copy: SignedCopy | undefined; from: number }> {
    const begun = held === undefined ? undefined : this.#served.get(hex(held.record))
    if (begun !== undefined && held!.bytes < begun.copy.byteLength) return { copy: begun, from: held!.bytes }
    const copy = await this.#init.copyOf(author)
    if (copy !== undefined) this.#served.keep(hex(recordHash(copy.header)), copy)
    return { copy, from: 0 }
  }
}

function nameOf(peer: string, author: Uint8Array | undefined): string {
  return author === undefined ? peer : `${peer} ${hex(author)}`
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
