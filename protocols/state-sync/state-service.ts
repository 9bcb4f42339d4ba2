import type { Libp2p } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { equals } from 'uint8arrays/equals'
import { type BulkTurn, readBulk, transferSignal, writeBulk } from '../bulk-frames.ts'
import { InvalidRecordError, type RefusalReason } from '../envelope/index.ts'
import { Requests } from '../request-response.ts'
import {
  encodeStateAnswer,
  encodeStateRequest,
  MAX_STATE_ANSWER_BYTES,
  parseStateAnswer,
  parseStateRequest
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
  /** The own current copy; undefined before the first delta and for peers without data. */
  readonly ownCopy: () => Promise<SignedCopy | undefined>
  /** Sealed announcement of the newest checkpoint that this peer knows of. */
  readonly newestCheckpoint: () => Uint8Array | undefined
  /** Somebody asked for what nobody may ask for. */
  readonly onRefused?: (peer: string, reason: RefusalReason) => void
  /** Paces what is sent in bulk, where uploads are limited. */
  readonly bulkTurn?: BulkTurn
}

/**
 * Late join and repair: the current public copy of a peer, whose hash the peer has signed, and the newest checkpoint.
 * The callee answers a request with one record and, for a copy, its bytes. The caller checks signature and hash;
 * whoever serves a wrong copy is found out by one SHA-256.
 */
export class StateService {
  readonly #init: StateServiceInit
  readonly #requests: Requests

  constructor(init: StateServiceInit) {
    this.#init = init
    const { libp2p, protocol, run, onRefused } = init
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

  stop(): Promise<void> {
    return this.#requests.stop()
  }

  /** Fetches a peer's current copy. Rejects when it is gone or too slow, or with NoCopyError, InvalidRecordError. */
  async fetchCopy(peer: string): Promise<SignedCopy> {
    const { run, parameterCount } = this.#init
    const expected = 4 * parameterCount
    const request = encodeStateRequest({ v: 1, run, want: 'copy' })
    return this.#requests.call(peer, request, expected, async (frames, signal) => {
      const { record, bytes } = parseStateAnswer((await frames.read({ signal })).subarray())
      if (record === undefined) throw new NoCopyError(peer)
      if (bytes !== expected) {
        throw new InvalidRecordError('wrong-length', `copy of ${bytes} bytes, the run's are ${expected}`)
      }
      return { header: record, copy: await readBulk(frames, bytes, signal) }
    })
  }

  /** Fetches the sealed announcement of the newest checkpoint that a peer knows of; undefined when there is none. */
  async fetchCheckpoint(peer: string): Promise<Uint8Array | undefined> {
    const request = encodeStateRequest({ v: 1, run: this.#init.run, want: 'checkpoint' })
    return this.#requests.call(peer, request, MAX_STATE_ANSWER_BYTES, async (frames, signal) => {
      return parseStateAnswer((await frames.read({ signal })).subarray()).record
    })
  }

  async #answer(bytes: Uint8Array, frames: LengthPrefixedStream): Promise<void> {
    const { run, parameterCount, ownCopy, newestCheckpoint, bulkTurn } = this.#init
    const request = parseStateRequest(bytes)
    if (!equals(request.run, run)) throw new InvalidRecordError('wrong-run', 'asked for another run')
    const own = request.want === 'copy' ? await ownCopy() : undefined
    const record = request.want === 'copy' ? own?.header : newestCheckpoint()
    const answer = { v: 1, bytes: own?.copy.byteLength ?? 0 } as const
    const signal = transferSignal(4 * parameterCount)
    await frames.write(encodeStateAnswer(record === undefined ? answer : { ...answer, record }), { signal })
    if (own !== undefined) await writeBulk(frames, own.copy, signal, bulkTurn)
  }
}
