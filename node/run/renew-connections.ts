import type { Libp2p } from '@libp2p/interface'

const DIAL_TIMEOUT_MS = 10_000

/**
 * Drops every connection and calls whoever was at its other end again, where this machine is reachable from now on.
 * Never rejects: who is gone is found again by links and beacons, or not at all.
 */
export async function renewConnections(libp2p: Libp2p, why: string): Promise<void> {
  const connections = libp2p.getConnections()
  const peers = new Map(connections.map(({ remotePeer }) => [remotePeer.toString(), remotePeer]))
  for (const connection of connections) connection.abort(new Error(why))
  const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS)
  await Promise.allSettled([...peers.values()].map((peer) => libp2p.dial(peer, { signal })))
}
