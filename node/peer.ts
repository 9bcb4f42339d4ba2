import type { Ed25519PrivateKey } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import { BlockService } from '../protocols/blocks/index.ts'
import { systemClock } from '../protocols/clock.ts'
import {
  createStorage,
  type Home,
  openHome,
  openStores,
  readSwarmKey,
  type Storage,
  type Stores,
  type SwarmKey,
  type VerifyReport
} from '../storage/index.ts'
import { GossipTraffic } from './gossip-traffic.ts'
import { type StarlingLibp2p, startLibp2p } from './libp2p.ts'
import { UploadLimiter } from './limits/index.ts'
import { SocketTraffic } from './run/socket-traffic.ts'

export interface PeerInit {
  /** The peer's directory; made if it does not exist. */
  readonly home: string
  /** Multiaddrs to listen on; none for a peer that only calls out. */
  readonly listen: readonly string[]
  /** Bytes a second that all connections together may send; no limit when absent. */
  readonly maxUpload?: number
  /** Of a private network. Default: the one in the home, if there is one. */
  readonly swarmKey?: SwarmKey
  /** Where blocks, pins and chains are, for the peer to close. Default: in the home. */
  readonly stores?: Stores
}

/** One process with one identity: its home, its stores, and libp2p with Helia on it. */
export interface Peer {
  readonly home: Home
  readonly key: Ed25519PrivateKey
  /** Peer id, text form. */
  readonly id: string
  /** Peer id, multihash bytes. */
  readonly idBytes: Uint8Array
  readonly libp2p: StarlingLibp2p
  /** Present in a private network. */
  readonly swarmKey?: SwarmKey
  readonly storage: Storage
  /** What the check of the blocks at the start found. */
  readonly check: VerifyReport
  readonly traffic: SocketTraffic
  readonly gossipTraffic: GossipTraffic
  /** Present when uploads are limited. */
  readonly upload?: UploadLimiter
  /** Stops everything in the order that loses nothing. May be called twice. */
  stop(): Promise<void>
}

/**
 * Wires a peer and starts it.
 *
 * Throws HomeInUseError, HomeNotWritableError and their kin from storage, PortInUseError when an address to listen on is
 * taken; what was opened before is closed again.
 */
export async function createPeer({ home: dir, listen, maxUpload, ...init }: PeerInit): Promise<Peer> {
  const traffic = new SocketTraffic()
  const opened: { close(): Promise<void> }[] = []
  const close = async () => {
    for (const part of opened.splice(0).reverse()) await part.close()
  }
  try {
    const home = await openHome(dir, { create: true })
    opened.push(home)
    const stores = init.stores ?? (await openStores(home))
    opened.push(stores)
    traffic.start()
    opened.push({ close: async () => traffic.stop() })
    const limits =
      maxUpload === undefined ? {} : { upload: new UploadLimiter({ bytesPerSecond: maxUpload, clock: systemClock }) }
    const gossipTraffic = new GossipTraffic()
    const swarmKey = init.swarmKey ?? (await readSwarmKey(home.dir))
    const secret = swarmKey === undefined ? {} : { swarmKey }
    const net = { privateKey: home.identity, listen, gossipTraffic, ...secret, ...limits }
    const libp2p = await startLibp2p(net).catch((cause) => {
      throw explainListen(cause, listen)
    })
    opened.push({ close: async () => libp2p.stop() })
    const blocks = new BlockService({ libp2p, read: (cid) => storage.heldBlock(CID.decode(cid)) })
    const storage = await createStorage({ stores, libp2p, openBulk: (peer, options) => blocks.open(peer, options) })
    opened.push(storage)
    await blocks.start()
    opened.push({ close: () => blocks.stop() })
    const id = libp2p.peerId.toString()
    const idBytes = libp2p.peerId.toMultihash().bytes
    const { check } = stores
    return {
      home,
      key: home.identity,
      id,
      idBytes,
      libp2p,
      storage,
      check,
      traffic,
      gossipTraffic,
      ...secret,
      ...limits,
      stop: close
    }
  } catch (error) {
    await close()
    throw error
  }
}

/** An address to listen on is taken or not this machine's. */
export class ListenError extends Error {
  override readonly name = 'ListenError'
  readonly code = 'ERR_LISTEN'

  constructor(listen: readonly string[], cause: unknown) {
    super(
      `cannot listen on ${listen.join(', ')}: the port is in use or the address is not this machine's; ` +
        'choose another with --listen, for instance /ip4/0.0.0.0/tcp/0',
      { cause }
    )
  }
}

function explainListen(cause: unknown, listen: readonly string[]): unknown {
  const isListenFailure =
    cause instanceof Error && /listen|EADDRINUSE|EADDRNOTAVAIL|EACCES/i.test(`${cause.name} ${cause.message}`)
  return isListenFailure ? new ListenError(listen, cause) : cause
}
