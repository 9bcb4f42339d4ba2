import { createHash } from 'node:crypto'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import { createPeerScoreParams } from '@libp2p/gossipsub/score'
import { identify } from '@libp2p/identify'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { ping } from '@libp2p/ping'
import { preSharedKey } from '@libp2p/pnet'
import { tcp } from '@libp2p/tcp'
import { tls } from '@libp2p/tls'
import { yamux } from '@libp2p/yamux'
import { createLibp2p } from 'libp2p'
import type { SwarmKey } from '../storage/index.ts'
import type { GossipTraffic } from './gossip-traffic.ts'
import { shapedTcp, type UploadLimiter } from './limits/index.ts'

/** One gossipsub RPC bundles messages; past a receiver's limit it ends the link for good (DESIGN 10). */
const MAX_GOSSIP_BYTES = 1024 * 1024

/**
 * How long a message is remembered by its hash, so that it is taken once. Peers offer it again for five seconds at most
 * (gossipsub's message cache); the default of two minutes lets a flood of 14 000 messages a second fill 250 MB.
 */
const SEEN_MS = 30_000

/**
 * Peers outside the mesh to which what was heard is offered, and for how many heartbeats. The defaults, six or a quarter
 * of all peers for three seconds, cost more than the records themselves: 11 kB a round of 32 peers that knew each other.
 */
const LAZY_GOSSIP = { Dlazy: 2, gossipFactor: 0, mcacheGossip: 1 } as const

/** Default 5 a second from one host: a flock that starts on one machine is more than that (DESIGN 10). */
const INBOUND_CONNECTIONS_PER_SECOND = 100

/**
 * A ping keeps a connection open where a router forgets those that are silent, after five minutes at the earliest for TCP
 * (RFC 5382: two hours; home routers are known for five minutes). Yamux sends it, in a frame: libp2p's own monitor opens a
 * stream for each, 250 bytes on either side, and is off. At yamux' 30 s a peer of 32 with 14 connections, whose rounds took
 * four seconds, got 350 bytes of pings a round. Whether a neighbour lives, links find out themselves (DESIGN 10).
 */
const KEEP_ALIVE_MS = 120_000

export type StarlingLibp2p = Libp2p<{ pubsub: GossipSub }>

export interface Libp2pInit {
  readonly privateKey: PrivateKey
  /** Multiaddrs, e.g. `/ip4/0.0.0.0/tcp/0`. */
  readonly listen: readonly string[]
  readonly gossipTraffic: GossipTraffic
  /** Of a private network: whoever has another, or none, is not understood. */
  readonly swarmKey?: SwarmKey
  /** What all connections together may send. */
  readonly upload?: UploadLimiter
}

/**
 * Starts libp2p as every Starling peer runs it: TCP, TLS 1.3 or Noise, yamux, identify, ping, gossipsub.
 *
 * Its peer store stays in memory: it is written whenever a stream opens, which for a large model is several times a
 * round and neighbour, and what it knows is learnt anew from the invite and from members.
 */
export async function startLibp2p({
  privateKey,
  listen,
  gossipTraffic,
  swarmKey,
  upload
}: Libp2pInit): Promise<StarlingLibp2p> {
  return createLibp2p({
    privateKey,
    addresses: { listen: [...listen] },
    transports: [upload === undefined ? tcp() : shapedTcp(upload)],
    ...(swarmKey === undefined ? {} : { connectionProtector: preSharedKey({ psk: swarmKey.file }) }),
    connectionEncrypters: [tls(), noise()],
    // With its windows as the specification has them: a larger first one is sent to everybody, and Kubo resets the stream
    // that brings more than the 256 KiB it expects.
    streamMuxers: [yamux({ keepAliveInterval: KEEP_ALIVE_MS })],
    connectionManager: { inboundConnectionThreshold: INBOUND_CONNECTIONS_PER_SECOND },
    connectionMonitor: { enabled: false },
    services: { identify: identify(), ping: ping(), pubsub: createGossip(gossipTraffic) }
  })
}

function createGossip(traffic: GossipTraffic) {
  return gossipsub({
    // Records are signed themselves: a message is named by its content, whoever forwards it.
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: ({ data }) => createHash('sha256').update(data).digest(),
    dataTransform: {
      inboundTransform: (topic, data) => {
        traffic.noteReceived(topic, data.byteLength)
        return data
      },
      outboundTransform: (_, data) => data
    },
    ...LAZY_GOSSIP,
    emitSelf: false,
    fallbackToFloodsub: false,
    floodPublish: false,
    allowPublishToZeroTopicPeers: true,
    maxInboundDataLength: MAX_GOSSIP_BYTES,
    seenTTL: SEEN_MS,
    // Honest peers share addresses behind NAT and send rarely: neither may cost them their score (DESIGN 10).
    scoreParams: createPeerScoreParams({ IPColocationFactorWeight: 0, topics: {} })
  })
}
