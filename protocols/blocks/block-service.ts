import type { AbortOptions, Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { framesOf } from '../frames.ts'
import { endStream, nextMessage } from '../run-streams.ts'
import { BlockStream } from './block-stream.ts'
import { BLOCKS_PROTOCOL, MAX_CID_BYTES, MAX_STREAMS } from './constants.ts'

/** A caller that asks for nothing for so long is done. */
const IDLE_MS = 60_000

export interface BlockServiceInit {
  readonly libp2p: Libp2p
  /** A block of this node; undefined when it has none, or one that it does not give away. `cid`: bytes of the CID. */
  readonly read: (cid: Uint8Array) => Promise<Uint8Array | undefined>
  /** Milliseconds without a byte after which a peer that is asked is given up. Default SILENCE_MS. */
  readonly silenceMs?: number
}

/** Gives connected peers the blocks that they ask for, and opens streams to ask them. */
export class BlockService {
  readonly #init: BlockServiceInit
  /** One for each stream that others opened: aborted, it takes no further request. */
  readonly #served = new Set<AbortController>()

  constructor(init: BlockServiceInit) {
    this.#init = init
  }

  async start(): Promise<void> {
    await this.#init.libp2p.handle(BLOCKS_PROTOCOL, (stream) => void this.#serve(stream), {
      maxInboundStreams: MAX_STREAMS
    })
  }

  async stop(): Promise<void> {
    await this.#init.libp2p.unhandle(BLOCKS_PROTOCOL)
    for (const served of this.#served) served.abort()
  }

  /** A stream to a connected peer's blocks; undefined where it has no such protocol or is gone. */
  async open(peer: string, options: AbortOptions = {}): Promise<BlockStream | undefined> {
    const { libp2p, silenceMs } = this.#init
    const limits = { ...options, maxOutboundStreams: MAX_STREAMS }
    try {
      return new BlockStream(await libp2p.dialProtocol(peerIdFromString(peer), BLOCKS_PROTOCOL, limits), silenceMs)
    } catch {
      // Kubo, or a peer that left: bitswap asks everybody.
      return
    }
  }

  async #serve(stream: Stream): Promise<void> {
    const served = new AbortController()
    this.#served.add(served)
    try {
      const frames = framesOf(stream, MAX_CID_BYTES)
      for (;;) {
        const cid = await nextMessage(frames, served, IDLE_MS)
        if (cid === undefined) return await endStream(stream)
        await frames.write((await this.#init.read(cid)) ?? new Uint8Array(), { signal: AbortSignal.timeout(IDLE_MS) })
      }
    } catch (error) {
      // A caller that asks wrongly or goes away costs nothing but its stream.
      stream.abort(error as Error)
    } finally {
      this.#served.delete(served)
    }
  }
}
