import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import type { InvalidRecordError } from './envelope/index.ts'
import { framesOf, streamFault } from './frames.ts'

/** Both sides close at once when one does: whoever leaves its side open holds the stream, and loses it. */
const CLOSE_MS = 1000

/** A stream that somebody opened, with its first message. */
export interface OpenedStream {
  readonly stream: Stream
  readonly connection: Connection
  readonly frames: LengthPrefixedStream
  readonly first: Uint8Array
}

/** One run's part of a protocol. All runs of a protocol have the same bounds and read their first message alike. */
export interface RunStreamsInit {
  readonly libp2p: Libp2p
  /** `/starling/<net>/<name>/1.0.0` */
  readonly protocol: string
  /** Run id, CID bytes. */
  readonly run: Uint8Array
  readonly maxFrameBytes: number
  /** Streams of one run that one peer may have open with us. */
  readonly maxStreams: number
  /** Who opens a stream has something to say: one that stays silent for so long is ended. */
  readonly firstMessageMs: number
  /** The run that a first message names. Throws InvalidRecordError. */
  readonly runOf: (first: Uint8Array) => Uint8Array
  /** Owns the stream from here on. Never rejects. */
  readonly serve: (opened: OpenedStream) => Promise<void>
  /** The first message of a stream was none: no run can be told from it, so that it counts against its sender in all. */
  readonly onFault: (peer: string, fault: InvalidRecordError) => void
}

/** A node knows its protocols by name only: what the runs on it share is kept beside it, and goes with it. */
const sharedProtocols = new WeakMap<Libp2p, Map<string, SharedProtocol>>()

/**
 * Serves the streams of one run on a protocol that all runs of its network share on this node: the first message of each
 * stream says which run it is for. A stream for a run that is not here goes to the one that is here longest, which
 * knows how to refuse it. Resolves with the function that withdraws the run.
 */
export async function serveRun(init: RunStreamsInit): Promise<() => Promise<void>> {
  const { libp2p, protocol } = init
  const ofNode = sharedProtocols.get(libp2p) ?? new Map<string, SharedProtocol>()
  sharedProtocols.set(libp2p, ofNode)
  const shared = ofNode.get(protocol) ?? new SharedProtocol(libp2p, protocol)
  ofNode.set(protocol, shared)
  await shared.add(init)
  return () => shared.remove(init)
}

class SharedProtocol {
  readonly #libp2p: Libp2p
  readonly #protocol: string
  /** By run id; the one that is here longest comes first. */
  readonly #runs = new Map<string, RunStreamsInit>()
  /** One for each stream whose run is not known yet. */
  readonly #silent = new Set<AbortController>()

  constructor(libp2p: Libp2p, protocol: string) {
    this.#libp2p = libp2p
    this.#protocol = protocol
  }

  async add(init: RunStreamsInit): Promise<void> {
    const key = keyOf(init.run)
    if (this.#runs.has(key)) throw new Error(`run ${key} is served on ${this.#protocol} already`)
    this.#runs.set(key, init)
    await this.#listen()
  }

  async remove(init: RunStreamsInit): Promise<void> {
    const key = keyOf(init.run)
    if (this.#runs.get(key) !== init) return
    this.#runs.delete(key)
    if (this.#runs.size > 0) return this.#listen()
    await this.#libp2p.unhandle(this.#protocol)
    for (const silent of this.#silent) silent.abort()
  }

  /** Streams are counted by libp2p, which knows no runs: each adds its own. */
  async #listen(): Promise<void> {
    const maxInboundStreams = [...this.#runs.values()].reduce((sum, { maxStreams }) => sum + maxStreams, 0)
    await this.#libp2p.handle(this.#protocol, (stream, connection) => this.#opened(stream, connection), {
      maxInboundStreams,
      force: true
    })
  }

  async #opened(stream: Stream, connection: Connection): Promise<void> {
    const [init] = this.#runs.values()
    if (init === undefined) return stream.abort(new Error('leaving'))
    const frames = framesOf(stream, init.maxFrameBytes)
    const silent = new AbortController()
    this.#silent.add(silent)
    try {
      const first = await nextMessage(frames, silent, init.firstMessageMs)
      if (first === undefined) return await endStream(stream)
      const [longest] = this.#runs.values()
      const run = this.#runs.get(keyOf(init.runOf(first))) ?? longest
      if (run === undefined) return await endStream(stream)
      void run.serve({ stream, connection, frames, first })
    } catch (error) {
      stream.abort(error as Error)
      const fault = streamFault(error)
      if (fault === undefined) return
      for (const { onFault } of this.#runs.values()) onFault(connection.remotePeer.toString(), fault)
    } finally {
      this.#silent.delete(silent)
    }
  }
}

function keyOf(run: Uint8Array): string {
  return Buffer.from(run).toString('hex')
}

/** The next message, or undefined when the other side has closed the stream or says no more, or `open` is aborted. */
export async function nextMessage(
  frames: LengthPrefixedStream,
  open: AbortController,
  idleMs: number
): Promise<Uint8Array | undefined> {
  const idle = setTimeout(() => open.abort(), idleMs).unref()
  try {
    return (await frames.read({ signal: open.signal })).subarray()
  } catch (error) {
    if (streamFault(error) !== undefined) throw error
    return undefined
  } finally {
    clearTimeout(idle)
  }
}

/** Closes a stream, and aborts it where the other side does not close too. Never rejects. */
export async function endStream(stream: Stream): Promise<void> {
  const ended = new Promise<void>((resolve) => stream.addEventListener('close', () => resolve(), { once: true }))
  const patience = setTimeout(() => stream.abort(new Error('the other side left the stream open')), CLOSE_MS).unref()
  try {
    await stream.close({ signal: AbortSignal.timeout(CLOSE_MS) })
    if (stream.status === 'open') await ended
  } catch (error) {
    stream.abort(error as Error)
  } finally {
    clearTimeout(patience)
  }
}
