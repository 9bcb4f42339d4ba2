import type { Libp2p } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'

const DIAL_TIMEOUT_MS = 10_000

/** Calls peers, all at once. Resolves when each has answered or was given up; never rejects. */
export async function callAll(libp2p: Pick<Libp2p, 'dial'>, addresses: readonly string[]): Promise<void> {
  const signal = AbortSignal.timeout(DIAL_TIMEOUT_MS)
  await Promise.allSettled(addresses.map(async (address) => libp2p.dial(multiaddr(address), { signal })))
}
