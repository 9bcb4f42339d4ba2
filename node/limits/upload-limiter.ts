import type { MultiaddrConnection } from '@libp2p/interface'
import type { AbstractMessageStream } from '@libp2p/utils'
import type { Clock } from '../../protocols/clock.ts'

type SendData = AbstractMessageStream['sendData']
type Bytes = Parameters<SendData>[0]

/** Connections take turns by this much, so that bulk to one neighbour does not hold up another's probes. */
const QUANTUM_BYTES = 4096

/** What was not sent may be made good for so long: 1.7 % on top of a limit that is measured over 30 s. */
const BURST_MS = 500

/** Bulk waits while more than this is on its way to the sockets, so that a probe has little before it. */
const MAX_AHEAD_BYTES = 16 * 1024

interface ShapedConnection {
  readonly send: SendData
  readonly announceDrain: () => void
  readonly abort: (error: Error) => void
  queue: Bytes | undefined
  /** The socket's own buffer is full: it says `drain` when it has room. */
  isFull: boolean
  /** The connection was told to wait, and is told when it may go on. */
  owesDrain: boolean
}

interface BulkTurn {
  readonly bytes: number
  readonly take: () => void
}

/**
 * A token bucket over everything that this process sends on its connections: handshakes, gossip, deltas, copies, blocks.
 *
 * What a connection sends past the limit waits here and makes it report itself full, so that its streams wait in turn:
 * memory holds no more than one message a connection. Connections are served round robin. Bulk asks for its turn before
 * it enters a connection at all, because headers and probes cannot overtake what is already there.
 */
export class UploadLimiter {
  readonly bytesPerSecond: number
  readonly #clock: Clock
  readonly #burst: number
  readonly #waiting = new Set<ShapedConnection>()
  readonly #turns: BulkTurn[] = []
  #tokens: number
  #refilledAt: number
  #bulkFrom = 0
  #cancelPump: (() => void) | undefined
  #onIdle: (() => void)[] = []

  constructor({ bytesPerSecond, clock }: { bytesPerSecond: number; clock: Clock }) {
    this.bytesPerSecond = bytesPerSecond
    this.#clock = clock
    this.#burst = Math.max(QUANTUM_BYTES, (bytesPerSecond * BURST_MS) / 1000)
    this.#tokens = this.#burst
    this.#refilledAt = clock.now()
  }

  /** Puts a connection under the limit. Call before anything is sent on it. */
  shape(connection: MultiaddrConnection): void {
    const stream = connection as unknown as AbstractMessageStream
    const shaped: ShapedConnection = {
      send: stream.sendData.bind(stream),
      announceDrain: () => stream.safeDispatchEvent('drain'),
      abort: (error) => connection.abort(error),
      queue: undefined,
      isFull: false,
      owesDrain: false
    }
    stream.sendData = (data) => {
      const sentBytes = data.byteLength
      if (shaped.queue === undefined) shaped.queue = data
      else shaped.queue.append(data)
      this.#waiting.add(shaped)
      this.#pump()
      shaped.owesDrain = shaped.queue !== undefined
      return { sentBytes, canSendMore: shaped.queue === undefined && !shaped.isFull }
    }
    stream.addEventListener('drain', () => {
      shaped.isFull = false
      this.#pump()
    })
    stream.addEventListener('close', () => {
      shaped.queue = undefined
      this.#waiting.delete(shaped)
      this.#pump()
    })
  }

  /** Waits until so much bulk may enter a connection, behind bulk that asked earlier. Rejects when the signal fires. */
  async bulkTurn(bytes: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted()
    await new Promise<void>((resolve, reject) => {
      const turn = {
        bytes,
        take: () => {
          signal.removeEventListener('abort', giveUp)
          resolve()
        }
      }
      const giveUp = () => {
        const index = this.#turns.indexOf(turn)
        if (index >= 0) this.#turns.splice(index, 1)
        reject(signal.reason)
        this.#pump()
      }
      signal.addEventListener('abort', giveUp, { once: true })
      this.#turns.push(turn)
      this.#pump()
    })
  }

  /** Waits until everything that was to be sent is sent: a round that comes sooner would only add to the queue. */
  async idle(signal: AbortSignal): Promise<void> {
    if (this.#isIdle || signal.aborted) return
    await new Promise<void>((resolve) => {
      const finish = () => {
        signal.removeEventListener('abort', finish)
        resolve()
      }
      signal.addEventListener('abort', finish)
      this.#onIdle.push(finish)
    })
  }

  get #isIdle(): boolean {
    return this.#waiting.size === 0 && this.#turns.length === 0 && this.#clock.now() >= this.#bulkFrom
  }

  #pump(): void {
    this.#refill()
    for (let shaped = this.#next(); shaped !== undefined; shaped = this.#next()) this.#sendFrom(shaped)
    this.#giveTurns()
    this.#cancelPump?.()
    this.#cancelPump = undefined
    if (this.#isIdle) {
      for (const resolve of this.#onIdle.splice(0)) resolve()
      return
    }
    const waitMs = this.#waitMs()
    if (waitMs !== undefined) this.#cancelPump = this.#clock.after(waitMs, () => this.#pump())
  }

  #refill(): void {
    const now = this.#clock.now()
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#refilledAt) * this.bytesPerSecond) / 1000)
    this.#refilledAt = now
  }

  /** The connection whose turn it is, if there are tokens for it. */
  #next(): ShapedConnection | undefined {
    if (this.#tokens < Math.min(QUANTUM_BYTES, this.#burst)) return undefined
    for (const shaped of this.#waiting) if (!shaped.isFull) return shaped
    return undefined
  }

  #sendFrom(shaped: ShapedConnection): void {
    const { queue } = shaped
    this.#waiting.delete(shaped)
    if (queue === undefined) return
    try {
      const part = queue.sublist(0, Math.min(QUANTUM_BYTES, queue.byteLength))
      const { sentBytes, canSendMore } = shaped.send(part)
      this.#tokens -= sentBytes
      shaped.isFull = !canSendMore
      queue.consume(sentBytes)
    } catch (error) {
      shaped.queue = undefined
      shaped.abort(error as Error)
      return
    }
    // Behind the others: a set keeps the order in which its members were added.
    if (queue.byteLength > 0) this.#waiting.add(shaped)
    else {
      shaped.queue = undefined
      if (shaped.owesDrain && !shaped.isFull) queueMicrotask(shaped.announceDrain)
      shaped.owesDrain = false
    }
  }

  #giveTurns(): void {
    const now = this.#clock.now()
    for (let turn = this.#turns[0]; turn !== undefined; turn = this.#turns[0]) {
      if (now < this.#bulkFrom || this.#aheadBytes > MAX_AHEAD_BYTES) return
      this.#bulkFrom = Math.max(now - BURST_MS, this.#bulkFrom) + (1000 * turn.bytes) / this.bytesPerSecond
      this.#turns.shift()
      turn.take()
    }
  }

  get #aheadBytes(): number {
    let bytes = 0
    for (const { queue } of this.#waiting) bytes += queue?.byteLength ?? 0
    return bytes
  }

  /** Milliseconds until something can go on by itself; undefined when only a socket's `drain` can make it. */
  #waitMs(): number | undefined {
    const waits: number[] = []
    if ([...this.#waiting].some(({ isFull }) => !isFull)) {
      const missing = Math.min(QUANTUM_BYTES, this.#burst) - this.#tokens
      waits.push(Math.ceil((1000 * missing) / this.bytesPerSecond))
    }
    const bulkMs = this.#bulkFrom - this.#clock.now()
    if (bulkMs > 0) waits.push(bulkMs)
    return waits.length === 0 ? undefined : Math.max(1, Math.min(...waits))
  }
}
