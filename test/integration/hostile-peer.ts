/** A peer that speaks libp2p and the link handshake as it should, and after that whatever a test tells it to. */

import * as dagCbor from '@ipld/dag-cbor'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import type { Peer } from '../../node/peer.ts'
import { payloadRoot } from '../../protocols/delta-gossip/index.ts'
import { type DeltaHeader, sealDeltaHeader, sealEnvelope } from '../../protocols/envelope/index.ts'
import { encodeFrame, encodeHello, parseReply, type Reply } from '../../protocols/links/messages.ts'
import { encodeStateAnswer } from '../../protocols/state-sync/messages.ts'
import { newIncarnation } from '../../storage/index.ts'
import { int4Bytes } from './model-size.ts'
import { NETWORK, type TrainerPeer } from './trainer-peer.ts'

/** What an attacker claims in order to make its victim allocate. */
export const TWO_GIB = 2 ** 31

/** `/starling/<net>/<name>/1.0.0` */
export function protocolOf(name: 'link' | 'delta' | 'state'): string {
  return `/starling/${NETWORK}/${name}/1.0.0`
}

export class HostilePeer {
  readonly peer: Peer
  readonly victim: TrainerPeer
  readonly #incarnation = newIncarnation(Date.now())
  #stream: Stream | undefined
  #frames: LengthPrefixedStream | undefined

  constructor(peer: Peer, victim: TrainerPeer) {
    this.peer = peer
    this.victim = victim
  }

  /** The stream of the link. */
  get stream(): Stream {
    return this.#stream!
  }

  /** Frames on the link. */
  get frames(): LengthPrefixedStream {
    return this.#frames!
  }

  /** A payload that changes nothing: all scales and codes are zero. */
  get silentPayload(): Uint8Array {
    return new Uint8Array(int4Bytes(this.victim.run.manifest.parameterCount))
  }

  dial(protocol: string): Promise<Stream> {
    const addresses = this.victim.peer.libp2p.getMultiaddrs().map((address) => multiaddr(address.toString()))
    return this.peer.libp2p.dialProtocol(addresses, protocol)
  }

  /** Asks for a link as an honest peer would. */
  async link(): Promise<Reply> {
    this.#stream = await this.dial(protocolOf('link'))
    this.#frames = lpStream(this.#stream)
    await this.#frames.write(
      encodeHello({
        v: 1,
        run: this.victim.run.id.bytes,
        wantsLink: true,
        head: null,
        degree: 0,
        codecs: ['int4'],
        addresses: []
      })
    )
    return parseReply((await this.#frames.read()).subarray())
  }

  /** A header that would be accepted with `silentPayload`, but for `changes`. */
  async header(changes: Partial<DeltaHeader> = {}): Promise<DeltaHeader> {
    const { run } = this.victim
    const { initialHash, parameterCount } = run.manifest
    const payload = this.silentPayload
    return {
      run: run.id.bytes,
      author: this.peer.idBytes,
      incarnation: this.#incarnation,
      seq: 0,
      prev: null,
      base: initialHash,
      round: 0,
      phase: 'training',
      steps: 1,
      trainMs: 1,
      codec: 'int4',
      length: parameterCount,
      payload: { bytes: payload.byteLength, root: (await payloadRoot(payload)).bytes },
      norm: 0,
      degree: 1,
      stateHash: initialHash,
      engine: 'none',
      ...changes
    }
  }

  async seal(changes: Partial<DeltaHeader> = {}): Promise<Uint8Array> {
    return sealDeltaHeader(await this.header(changes), this.peer.key)
  }

  /** Signs what no honest peer could: a body that breaks the rules of its record. */
  async sealUnchecked(changes: Readonly<Record<string, unknown>>): Promise<Uint8Array> {
    return sealEnvelope('delta', dagCbor.encode({ ...(await this.header()), ...changes }), this.peer.key)
  }

  /** Announces a delta on the link. */
  async send(header: Uint8Array, payload: Uint8Array = this.silentPayload): Promise<void> {
    await this.#frames!.write(encodeFrame({ header, payload }))
  }

  /** Sends a frame's bytes on the link, whatever they are. */
  async sendFrame(bytes: Uint8Array): Promise<void> {
    await this.#frames!.write(bytes)
  }
}

/** Another identity's key. */
export function otherKey() {
  return generateKeyPair('Ed25519')
}

/** A header so far from what anybody holds that its reader must ask for the whole copy, which is claimed to be zero. */
export async function farAhead(hostile: HostilePeer): Promise<Uint8Array> {
  const prev = hostile.victim.run.id.bytes // Any reference will do.
  return hostile.seal({ seq: 5, prev, base: new Uint8Array(32).fill(1), stateHash: new Uint8Array(32).fill(2) })
}

/** The head of an answer on the state protocol that claims a copy of so many bytes. */
export async function stateAnswer(hostile: HostilePeer, bytes: number): Promise<Uint8Array> {
  return prefixed(encodeStateAnswer({ v: 1, record: await farAhead(hostile), bytes }))
}

/** A frame as it should be: the length, then the bytes. */
export function prefixed(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from([...claim(bytes.length), ...bytes])
}

/** A length prefix that claims so many bytes, as an unsigned varint. */
export function claim(bytes: number): Uint8Array {
  const prefix = []
  let rest = bytes
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) prefix.push((rest % 128) | 0x80)
  return Uint8Array.from([...prefix, rest])
}
