import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { equals } from 'uint8arrays/equals'
import { bulkFrames, readBulk, transferSignal, writeBulk } from '../bulk-frames.ts'
import { InvalidRecordError, type RefusalReason } from '../envelope/index.ts'
import { streamFault } from '../frames.ts'
import type { DeltaFrame } from './chain-follower.ts'
import {
  encodeDeltaAnswer,
  encodeDeltaRequest,
  MAX_ANSWER_BYTES,
  parseDeltaAnswer,
  parseDeltaRequest,
  requestedRange
} from './messages.ts'

/** Requests that one peer may have under way with us (DESIGN 5: 4 at once a peer). */
const MAX_STREAMS = 4

/** The own chain, as far as it is still held. */
export interface DeltaSource {
  payload(root: Uint8Array): Uint8Array | undefined
  deltas(incarnation: Uint8Array, from: number, to: number): readonly Required<DeltaFrame>[]
}

export interface DeltaServiceInit {
  readonly libp2p: Libp2p
  /** `/starling/<net>/delta/1.0.0` */
  readonly protocol: string
  /** Run id, CID bytes. */
  readonly run: Uint8Array
  /** Largest payload of the run, in bytes: what a caller reads at most. */
  readonly payloadBytes: number
  readonly source: DeltaSource
  /** Somebody asked for what nobody may ask for. */
  readonly onRefused?: (peer: string, reason: RefusalReason) => void
}

/**
 * Serves the own deltas and pulls those of others.
 *
 * The caller sends one request. The callee answers with one head and its payload for every delta that it still holds,
 * oldest first, and closes; what it does not hold is left out. Nothing is promised about order across requests.
 */
export class DeltaService {
  readonly #init: DeltaServiceInit

  constructor(init: DeltaServiceInit) {
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

  /** Pulls one payload of `bytes` bytes. Rejects when the peer no longer has it, is gone or too slow. */
  async pullPayload(peer: string, root: Uint8Array, bytes: number): Promise<Uint8Array> {
    const signal = transferSignal(bytes)
    return this.#call(peer, { root }, signal, async (frames) => {
      const answer = parseDeltaAnswer((await frames.read({ signal })).subarray())
      if (answer.bytes !== bytes) {
        throw new InvalidRecordError('wrong-length', `payload of ${answer.bytes} bytes, the header says ${bytes}`)
      }
      return readBulk(frames, bytes, signal)
    })
  }

  /** Pulls the deltas `from` to `to` that the author still holds. */
  async pullDeltas(peer: string, incarnation: Uint8Array, from: number, to: number): Promise<Required<DeltaFrame>[]> {
    const { payloadBytes } = this.#init
    const count = to - from + 1
    const signal = transferSignal(count * payloadBytes)
    return this.#call(peer, { incarnation, from, to }, signal, async (frames) => {
      const deltas: Required<DeltaFrame>[] = []
      while (deltas.length < count) {
        const { header, bytes } = parseDeltaAnswer((await frames.read({ signal })).subarray())
        if (header === undefined) break
        if (bytes > payloadBytes) {
          throw new InvalidRecordError('oversized', `payload of ${bytes} bytes, the run's are ${payloadBytes}`)
        }
        deltas.push({ header, payload: await readBulk(frames, bytes, signal) })
      }
      return deltas
    })
  }

  async #call<T>(
    peer: string,
    request: Omit<Parameters<typeof encodeDeltaRequest>[0], 'v' | 'run'>,
    signal: AbortSignal,
    read: (frames: ReturnType<typeof bulkFrames>) => Promise<T>
  ): Promise<T> {
    const { libp2p, protocol, run } = this.#init
    const stream = await libp2p.dialProtocol(peerIdFromString(peer), protocol, { signal })
    try {
      const frames = bulkFrames(stream, MAX_ANSWER_BYTES)
      await frames.write(encodeDeltaRequest({ v: 1, run, ...request }), { signal })
      const result = await read(frames)
      await stream.close({ signal })
      return result
    } catch (error) {
      stream.abort(error as Error)
      throw error
    }
  }

  async #serve(stream: Stream, peer: string): Promise<void> {
    const { run, source, payloadBytes } = this.#init
    try {
      const frames = bulkFrames(stream, MAX_ANSWER_BYTES)
      const request = parseDeltaRequest((await frames.read({ signal: transferSignal(MAX_ANSWER_BYTES) })).subarray())
      if (!equals(request.run, run)) throw new InvalidRecordError('wrong-run', 'asked for another run')
      const { root, incarnation } = request
      const range = requestedRange(request)
      const deltas = range && incarnation ? source.deltas(incarnation, range.from, range.to) : []
      const signal = transferSignal(Math.max(1, deltas.length) * payloadBytes)
      const payload = root === undefined ? undefined : source.payload(root)
      if (payload !== undefined) {
        await frames.write(encodeDeltaAnswer({ v: 1, bytes: payload.byteLength }), { signal })
        await writeBulk(frames, payload, signal)
      }
      for (const { header, payload } of deltas) {
        await frames.write(encodeDeltaAnswer({ v: 1, header, bytes: payload.byteLength }), { signal })
        await writeBulk(frames, payload, signal)
      }
      if (root === undefined) await frames.write(encodeDeltaAnswer({ v: 1, bytes: 0 }), { signal })
      await stream.close({ signal })
    } catch (error) {
      // A caller that asks wrongly or goes away costs nothing but its stream.
      stream.abort(error as Error)
      const fault = streamFault(error)
      if (fault !== undefined) this.#init.onRefused?.(peer, fault.reason)
    }
  }
}
