import type { Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import type { Clock } from '../clock.ts'
import type { DeltaFrame } from '../delta-gossip/index.ts'
import type { InvalidRecordError } from '../envelope/index.ts'
import { streamFault } from '../frames.ts'
import { encodeFrame, type Frame, MAX_INLINE_PAYLOAD_BYTES, parseFrame } from './messages.ts'

/** A link is probed this often; its round trip dates versions and bounds waits. */
const PING_INTERVAL_MS = 5000

/** Without a sign of life for so long a link is closed: three probes. A killed neighbour is noticed at once by TCP. */
const SILENCE_MS = 3 * PING_INTERVAL_MS

/** Frames that may wait for a slow neighbour; past it deltas are left out, and the neighbour fetches what it misses. */
const MAX_WAITING_FRAMES = 8

/** Probes of a fresh link, so that its first versions are dated well. */
const FIRST_PROBES = 4
const FIRST_PROBE_INTERVAL_MS = 250

/** The least of so many probes counts: what is above it is a busy event loop on either side, not the way between. */
const ROUND_TRIPS = 8

export interface LinkInit {
  readonly id: string
  readonly idBytes: Uint8Array
  readonly isInbound: boolean
  readonly stream: Stream
  readonly frames: LengthPrefixedStream
  readonly clock: Clock
  /** Number of links that this peer has, for the other side's choice of whom to release. */
  readonly degree: () => number
  readonly onDelta: (frame: DeltaFrame) => void
  readonly onFault: (error: InvalidRecordError) => void
  readonly onClosed: (reason: string) => void
}

/** An agreed link: one stream that carries headers with small payloads in both directions, and probes. */
export class Link {
  readonly id: string
  readonly idBytes: Uint8Array
  readonly isInbound: boolean
  readonly openedAt: number
  readonly #init: LinkInit
  /** Links of the other side, as far as it has told. */
  remoteDegree = 0
  #roundTripsMs: number[] = []
  /** When each frame that is still being written was begun, oldest first. */
  readonly #writing: number[] = []
  #isClosed = false
  #heardAt: number
  #cancelProbe: () => void = () => {}
  #probe: { readonly nonce: number; readonly sentAt: number } | undefined
  #nonce = 0

  constructor(init: LinkInit) {
    this.id = init.id
    this.idBytes = init.idBytes
    this.isInbound = init.isInbound
    this.openedAt = init.clock.now()
    this.#heardAt = this.openedAt
    this.#init = init
  }

  /** Round trip in milliseconds: the least of the last eight probes, 0 before the first answer. */
  get rttMs(): number {
    return this.#roundTripsMs.length === 0 ? 0 : Math.min(...this.#roundTripsMs)
  }

  /** Reads until the stream ends. Call once. */
  start(): void {
    this.#init.stream.addEventListener('close', () => this.#finish('closed'), { once: true })
    this.#probeNow()
    void this.#read()
  }

  /** Announces a delta; left out when the neighbour does not keep up. Resolves when it is written or left out. */
  async send({ header, payload }: DeltaFrame): Promise<void> {
    if (this.#writing.length >= MAX_WAITING_FRAMES) return
    const isInline = payload !== undefined && payload.byteLength <= MAX_INLINE_PAYLOAD_BYTES
    await this.#write(isInline ? { header, payload } : { header })
  }

  /** Parts in good order, with a reason for the other side's log. */
  async close(reason: string): Promise<void> {
    if (this.#isClosed) return
    void this.#write({ bye: reason })
    this.#finish(reason)
    const signal = AbortSignal.timeout(1000)
    // Both ends: a neighbour that never closes its own would hold the stream open.
    await Promise.all([this.#init.stream.close({ signal }), this.#init.stream.closeRead({ signal })]).catch(() =>
      this.#init.stream.abort(new Error(reason))
    )
  }

  async #read(): Promise<void> {
    try {
      while (!this.#isClosed) {
        const bytes = (await this.#init.frames.read()).subarray()
        this.#heardAt = this.#init.clock.now()
        this.#take(parseFrame(bytes))
      }
    } catch (error) {
      if (this.#isClosed) return
      const fault = streamFault(error)
      if (fault !== undefined) this.#init.onFault(fault)
      this.#finish(fault === undefined ? 'closed' : 'fault')
      this.#init.stream.abort(error as Error)
    }
  }

  #take({ header, payload, ping, pong, degree, bye }: Frame): void {
    if (degree !== undefined) this.remoteDegree = degree
    if (header !== undefined) this.#init.onDelta(payload === undefined ? { header } : { header, payload })
    // Left out like deltas for a neighbour that asks faster than it reads.
    if (ping !== undefined && this.#writing.length < MAX_WAITING_FRAMES) void this.#write({ pong: ping })
    if (pong !== undefined && pong === this.#probe?.nonce) {
      this.#roundTripsMs.push(this.#heardAt - this.#probe.sentAt)
      if (this.#roundTripsMs.length > ROUND_TRIPS) this.#roundTripsMs.shift()
      this.#probe = undefined
    }
    if (bye !== undefined) void this.close(bye)
  }

  async #write(frame: Frame): Promise<void> {
    if (this.#isClosed) return
    this.#writing.push(this.#init.clock.now())
    // Watched by the probes and not by a signal each: those live on for their whole time, thousands of them a link.
    await this.#init.frames
      .write(encodeFrame(frame))
      .catch((error: Error) => this.#init.stream.abort(error))
      .finally(() => this.#writing.shift())
  }

  #probeNow(): void {
    const now = this.#init.clock.now()
    const aliveAt = Math.min(this.#heardAt, this.#writing[0] ?? now)
    if (now - aliveAt > SILENCE_MS) {
      // The reason first: an aborted stream reports itself as closed.
      this.#finish('silent')
      this.#init.stream.abort(new Error(`no sign of life for ${SILENCE_MS} ms`))
      return
    }
    this.#nonce += 1
    this.#probe = { nonce: this.#nonce, sentAt: now }
    void this.#write({ ping: this.#nonce, degree: this.#init.degree() })
    const interval = this.#nonce < FIRST_PROBES ? FIRST_PROBE_INTERVAL_MS : PING_INTERVAL_MS
    this.#cancelProbe = this.#init.clock.after(interval, () => this.#probeNow())
  }

  #finish(reason: string): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelProbe()
    this.#init.onClosed(reason)
  }
}
