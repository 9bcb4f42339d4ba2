import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { bulkFrameBytes, bulkFrames, transferSignal } from './bulk-frames.ts'
import type { InvalidRecordError } from './envelope/index.ts'
import { streamFault } from './frames.ts'
import { endStream, nextMessage, type OpenedStream, serveRun } from './run-streams.ts'

/** A caller keeps its stream for the next request, but not longer than this … */
const CALLER_IDLE_MS = 20_000

/** … and the callee waits longer, so that no request meets a stream that is being closed. */
const CALLEE_IDLE_MS = 60_000

/** Who opens a stream has its first request ready: a stream that says nothing is somebody's who wants to hold it open. */
const FIRST_REQUEST_MS = 10_000

export interface RequestsInit {
  readonly libp2p: Libp2p
  readonly protocol: string
  /** Run id, CID bytes. */
  readonly run: Uint8Array
  /** The run that a request names. Throws InvalidRecordError. */
  readonly runOf: (request: Uint8Array) => Uint8Array
  /** Longest request, and longest message before bulk. */
  readonly maxMessageBytes: number
  /** Streams of this run that one peer may have open with us. */
  readonly maxStreams: number
  /** Answers one request on the stream that it came on. What it throws ends the stream, and costs nothing else. */
  readonly answer: (request: Uint8Array, frames: LengthPrefixedStream, peer: string) => Promise<void>
  /** The caller did what no honest one does. */
  readonly onFault: (peer: string, fault: InvalidRecordError) => void
}

interface OpenStream {
  readonly stream: Stream
  readonly frames: LengthPrefixedStream
  idle?: NodeJS.Timeout
}

/**
 * Requests and answers with bulk of one run on one libp2p protocol.
 *
 * The caller speaks first and reads the whole answer before it asks again; streams are kept for the next request,
 * because opening one costs as much as 100 kB of payload. Requests to one peer wait for each other. Either side may
 * close an idle stream at any time; the next request opens another. A failed request ends its stream.
 */
export class Requests {
  readonly #init: RequestsInit
  readonly #open = new Map<string, OpenStream>()
  readonly #turns = new Map<string, Promise<unknown>>()
  /** One for each stream that others opened: aborted, it takes no further request. */
  readonly #served = new Set<AbortController>()
  #withdraw: (() => Promise<void>) | undefined

  constructor(init: RequestsInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    const { libp2p, protocol, run, runOf, maxMessageBytes, maxStreams, onFault } = this.#init
    this.#withdraw = await serveRun({
      libp2p,
      protocol,
      run,
      runOf,
      maxFrameBytes: bulkFrameBytes(maxMessageBytes),
      maxStreams,
      firstMessageMs: FIRST_REQUEST_MS,
      serve: (opened) => this.#serve(opened),
      onFault
    })
  }

  async stop(): Promise<void> {
    await this.#withdraw?.()
    for (const served of this.#served) served.abort()
    await Promise.all([...this.#open].map(([peer, open]) => this.#drop(peer, open)))
  }

  /**
   * Sends `request` and returns what `read` makes of the answer. `bytes`: length of the longest honest answer, from
   * which the deadline follows; it begins when earlier requests to the same peer are answered. Rejects with what `read`
   * throws, and when the peer is gone or too slow.
   */
  async call<T>(
    peer: string,
    request: Uint8Array,
    bytes: number,
    read: (frames: LengthPrefixedStream, signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    const earlier = this.#turns.get(peer)
    const turn = Promise.resolve(earlier)
      .catch(() => {})
      .then(() => this.#exchange(peer, request, transferSignal(bytes), read))
    this.#turns.set(peer, turn)
    try {
      return await turn
    } finally {
      if (this.#turns.get(peer) === turn) this.#turns.delete(peer)
    }
  }

  async #exchange<T>(
    peer: string,
    request: Uint8Array,
    signal: AbortSignal,
    read: (frames: LengthPrefixedStream, signal: AbortSignal) => Promise<T>
  ): Promise<T> {
    const open = await this.#streamTo(peer, signal)
    clearTimeout(open.idle)
    try {
      await open.frames.write(request, { signal })
      const answer = await read(open.frames, signal)
      open.idle = setTimeout(() => void this.#drop(peer, open), CALLER_IDLE_MS).unref()
      return answer
    } catch (error) {
      open.stream.abort(error as Error)
      throw error
    }
  }

  async #streamTo(peer: string, signal: AbortSignal): Promise<OpenStream> {
    const { libp2p, protocol, maxMessageBytes } = this.#init
    const kept = this.#open.get(peer)
    if (kept !== undefined) return kept
    const stream = await libp2p.dialProtocol(peerIdFromString(peer), protocol, { signal })
    const open = { stream, frames: bulkFrames(stream, maxMessageBytes) }
    const drop = () => void this.#drop(peer, open)
    // A callee that closes its side will not answer any more: closed on ours too, the stream ends.
    stream.addEventListener('remoteCloseWrite', drop, { once: true })
    stream.addEventListener('close', drop, { once: true })
    this.#open.set(peer, open)
    return open
  }

  async #drop(peer: string, open: OpenStream): Promise<void> {
    if (this.#open.get(peer) === open) this.#open.delete(peer)
    clearTimeout(open.idle)
    await endStream(open.stream)
  }

  async #serve({ stream, connection, frames, first }: OpenedStream): Promise<void> {
    const { answer, onFault } = this.#init
    const peer = connection.remotePeer.toString()
    const served = new AbortController()
    this.#served.add(served)
    try {
      for (let request: Uint8Array | undefined = first; request !== undefined; ) {
        await answer(request, frames, peer)
        request = await nextMessage(frames, served, CALLEE_IDLE_MS)
      }
      await endStream(stream)
    } catch (error) {
      // A caller that asks wrongly or goes away costs nothing but its stream.
      stream.abort(error as Error)
      const fault = streamFault(error)
      if (fault !== undefined) onFault(peer, fault)
    } finally {
      this.#served.delete(served)
    }
  }
}
