import { withBitswap } from '@helia/bitswap'
import type { Helia, Provider, Router } from '@helia/interface'
import * as dagCbor from '@ipld/dag-cbor'
import type { Libp2p, PeerInfo } from '@libp2p/interface'
import { peerIdFromCID } from '@libp2p/peer-id'
import { createHeliaLight } from 'helia'
import type { Stores } from './stores.ts'

/**
 * A message of bitswap, of up to 4 MiB, may take so long to arrive: at 64 kB/s it does. The default of ten seconds ends
 * every stream on a line of less than 3 Mbit/s.
 */
const MESSAGE_TIMEOUT_MS = 70_000

/**
 * Wants of one turn of the event loop still go together. The default of ten waits as often as a DAG is deep, which is a
 * tenth of the time that 40 MB take.
 */
const WANTS_TOGETHER_MS = 1

/**
 * Starts Helia on stores that are open and, when given, on a libp2p node that exists already (`withLibp2p` can only
 * make its own). Bitswap only: no public gateways, no public bootstrap list. Without libp2p it works on what is here.
 */
export async function startHelia({ blockstore, datastore }: Stores, libp2p?: Libp2p): Promise<Helia> {
  const helia = createHeliaLight({
    blockstore,
    datastore,
    codecs: [dagCbor],
    routers: libp2p === undefined ? [] : [libp2pRouter(libp2p)]
  })
  if (libp2p === undefined) return helia.start()
  return withBitswap(Object.assign(helia, { libp2p }), {
    messageReceiveTimeout: MESSAGE_TIMEOUT_MS,
    sendWantlistDebounce: WANTS_TOGETHER_MS
  }).start()
}

/** Answers Helia's look-ups with the content and peer routers of a libp2p node. */
function libp2pRouter(libp2p: Libp2p): Router {
  return {
    name: 'libp2p',
    provide: (cid, options) => libp2p.contentRouting.provide(cid, options),
    cancelReprovide: (cid, options) => libp2p.contentRouting.cancelReprovide(cid, options),
    findPeer: async (cid, options) => toProvider(await libp2p.peerRouting.findPeer(peerIdFromCID(cid), options)),
    async *findProviders(cid, options) {
      for await (const peer of libp2p.contentRouting.findProviders(cid, options)) yield toProvider(peer)
    }
  }
}

function toProvider({ id, multiaddrs }: PeerInfo): Provider {
  return { id: id.toCID(), multiaddrs, router: 'libp2p', fallback: false }
}
