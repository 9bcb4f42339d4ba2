import { peerIdFromString } from '@libp2p/peer-id'
import { multiaddr } from '@multiformats/multiaddr'
import { z } from 'zod'
import { text } from './fields.ts'

/** A peer listens on a few transports and some interfaces; more than this is not a peer that wants to be found. */
const MAX_ADDRESSES = 16
/** A relayed address with two PeerIds, certificates' hashes and a long host name stays below this. */
const MAX_ADDRESS_CHARACTERS = 256

/** Multiaddrs to dial, as beacons and invites carry them. */
export const addresses = z
  .array(
    text(1, MAX_ADDRESS_CHARACTERS).refine(isDialable, {
      error: 'is not the multiaddr of a host, such as /ip4/192.0.2.1/tcp/4001'
    })
  )
  .max(MAX_ADDRESSES)

/**
 * A unix socket has an address too, but on the reader's machine: dialling it would let strangers reach into it. A peer's
 * name in an address is text, which the parser of addresses takes whatever it says.
 */
function isDialable(address: string): boolean {
  try {
    const components = multiaddr(address).getComponents()
    for (const { name, value } of components) if (name === 'p2p') peerIdFromString(value ?? '')
    return components.length > 0 && components.every(({ name }) => name !== 'unix')
  } catch {
    return false
  }
}
