import type { Libp2p } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { equals } from 'uint8arrays/equals'
import { type BulkTurn, readBulk, transferSignal, writeBulk } from '../bulk-frames.ts'
import { InvalidRecordError, type RefusalReason } from '../envelope/index.ts'
import { Requests } from '../request-response.ts'
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

/** The own chain and those that are followed, as far as they are still held. */
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
  /** Paces what is sent in bulk, where uploads are limited. */
  readonly bulkTurn?: BulkTurn
}

/** The peer no longer holds a payload that it announced. */
class PayloadGoneError extends Error {
  override readonly name = 'PayloadGoneError'
  readonly code = 'ERR_PAYLOAD_GONE'
}

/**
 * Serves the own deltas and pulls those of others.
 *
 * The callee answers a request with one head and its payload for every delta that it still holds, oldest first, and with
 * a head without a payload where the caller cannot know how many there are. Nothing is promised about order across
 * requests.
 */
export class DeltaService {
  readonly #init: DeltaServiceInit
  readonly #requests: Requests

  constructor(init: DeltaServiceInit) {
    this.#init = init
    const { libp2p, protocol, run, onRefused } = init
    this.#requests = new Requests({
      libp2p,
      protocol,
      run,
      runOf: (request) => parseDeltaRequest(request).run,
      maxMessageBytes: MAX_ANSWER_BYTES,
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

  /** Pulls one payload of `bytes` bytes. Rejects when the peer no longer has it, is gone or too slow. */
  async pullPayload(peer: string, root: Uint8Array, bytes: number): Promise<Uint8Array> {
    const request = encodeDeltaRequest({ v: 1, run: this.#init.run, root })
    return this.#requests.call(peer, request, bytes, async (frames, signal) => {
      const answer = parseDeltaAnswer((await frames.read({ signal })).subarray())
      if (answer.bytes === 0) throw new PayloadGoneError(`peer ${peer} no longer holds the payload that it announced`)
      if (answer.bytes !== bytes) {
        throw new InvalidRecordError('wrong-length', `payload of ${answer.bytes} bytes, the header says ${bytes}`)
      }
      return readBulk(frames, bytes, signal)
    })
  }

  /** Pulls the deltas `from` to `to` of a start that the peer still holds. */
  async pullDeltas(peer: string, incarnation: Uint8Array, from: number, to: number): Promise<Required<DeltaFrame>[]> {
    const { run, payloadBytes } = this.#init
    const count = to - from + 1
    const request = encodeDeltaRequest({ v: 1, run, incarnation, from, to })
    return this.#requests.call(peer, request, count * payloadBytes, async (frames, signal) => {
      const deltas: Required<DeltaFrame>[] = []
      for (;;) {
        const { header, bytes } = parseDeltaAnswer((await frames.read({ signal })).subarray())
        if (header === undefined) return deltas
        if (deltas.length === count)
          throw new InvalidRecordError('oversized', `more than the ${count} deltas asked for`)
        if (bytes > payloadBytes) {
          throw new InvalidRecordError('oversized', `payload of ${bytes} bytes, the run's are ${payloadBytes}`)
        }
        deltas.push({ header, payload: await readBulk(frames, bytes, signal) })
      }
    })
  }

  async #answer(bytes: Uint8Array, frames: LengthPrefixedStream): Promise<void> {
    const { run, source, payloadBytes, bulkTurn } = this.#init
    const request = parseDeltaRequest(bytes)
    if (!equals(request.run, run)) throw new InvalidRecordError('wrong-run', 'asked for another run')
    const { root, incarnation } = request
    if (root !== undefined) {
      const payload = source.payload(root) ?? new Uint8Array()
      const signal = transferSignal(payloadBytes)
      await frames.write(encodeDeltaAnswer({ v: 1, bytes: payload.byteLength }), { signal })
      return writeBulk(frames, payload, signal, bulkTurn)
    }
    const range = requestedRange(request)
    const deltas = range && incarnation ? source.deltas(incarnation, range.from, range.to) : []
    const signal = transferSignal(Math.max(1, deltas.length) * payloadBytes)
    for (const { header, payload } of deltas) {
      await frames.write(encodeDeltaAnswer({ v: 1, header, bytes: payload.byteLength }), { signal })
      await writeBulk(frames, payload, signal, bulkTurn)
    }
    await frames.write(encodeDeltaAnswer({ v: 1, bytes: 0 }), { signal })
  }
}
