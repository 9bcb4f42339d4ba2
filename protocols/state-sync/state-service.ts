import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { equals } from 'uint8arrays/equals'
import { bulkFrames, readBulk, transferSignal, writeBulk } from '../bulk-frames.ts'
import { InvalidRecordError, type RefusalReason } from '../envelope/index.ts'
import { streamFault } from '../frames.ts'
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
}

/**
 * Late join and repair: the current public copy of a peer, whose hash the peer has signed, and the newest checkpoint.
 * The caller sends one request; the callee answers with one record and, for a copy, its bytes, and closes. The caller
 * checks signature and hash; whoever serves a wrong copy is found out by one SHA-256.
 */
export class StateService {
  readonly #init: StateServiceInit

  constructor(init: StateServiceInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    await this.#init.libp2p.handle(
      this.#init.protocol,
      (stream, { remotePeer }) => this.#serve(stream, remotePeer.toString()),
      {
        maxInboundStreams: MAX_STREAMS
      }
    )
  }

  async stop(): Promise<void> {
    await this.#init.libp2p.unhandle(this.#init.protocol)
  }

  /** Fetches a peer's current copy. Rejects when it is gone or too slow, or with NoCopyError, InvalidRecordError. */
  async fetchCopy(peer: string): Promise<SignedCopy> {
    const expected = 4 * this.#init.parameterCount
    const signal = transferSignal(expected)
    return this.#call(peer, 'copy', signal, async (frames) => {
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
    const signal = transferSignal(MAX_STATE_ANSWER_BYTES)
    return this.#call(peer, 'checkpoint', signal, async (frames) => {
      return parseStateAnswer((await frames.read({ signal })).subarray()).record
    })
  }

  async #call<T>(
    peer: string,
    want: 'copy' | 'checkpoint',
    signal: AbortSignal,
    read: (frames: ReturnType<typeof bulkFrames>) => Promise<T>
  ): Promise<T> {
    const { libp2p, protocol, run } = this.#init
    const stream = await libp2p.dialProtocol(peerIdFromString(peer), protocol, { signal })
    try {
      const frames = bulkFrames(stream, MAX_STATE_ANSWER_BYTES)
      await frames.write(encodeStateRequest({ v: 1, run, want }), { signal })
      const result = await read(frames)
      await stream.close({ signal })
      return result
    } catch (error) {
      stream.abort(error as Error)
      throw error
    }
  }

  async #serve(stream: Stream, peer: string): Promise<void> {
    const { run, parameterCount, ownCopy, newestCheckpoint } = this.#init
    try {
      const signal = transferSignal(4 * parameterCount)
      const frames = bulkFrames(stream, MAX_STATE_ANSWER_BYTES)
      const request = parseStateRequest((await frames.read({ signal })).subarray())
      if (!equals(request.run, run)) throw new InvalidRecordError('wrong-run', 'asked for another run')
      const own = request.want === 'copy' ? await ownCopy() : undefined
      const record = request.want === 'copy' ? own?.header : newestCheckpoint()
      const answer = { v: 1, bytes: own?.copy.byteLength ?? 0 } as const
      await frames.write(encodeStateAnswer(record === undefined ? answer : { ...answer, record }), { signal })
      if (own !== undefined) await writeBulk(frames, own.copy, signal)
      await stream.close({ signal })
    } catch (error) {
      // A caller that asks wrongly or goes away costs nothing but its stream.
      stream.abort(error as Error)
      const fault = streamFault(error)
      if (fault !== undefined) this.#init.onRefused?.(peer, fault.reason)
    }
  }
}
