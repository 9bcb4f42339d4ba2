import { join } from 'node:path'
import { createPeer, type Peer } from '../../../node/peer.ts'
import type { SwarmKey } from '../../../storage/index.ts'
import { atEnd } from '../../at-end.ts'
import { type Owner, temporaryFolder } from '../../integration/temporary-folder.ts'

const LOOPBACK = ['/ip4/127.0.0.1/tcp/0']

/** A peer on loopback that ends with its owner, in a home of its own or the one given. */
export async function temporaryPeer(
  t: Owner,
  home?: string,
  { swarmKey }: { readonly swarmKey?: SwarmKey } = {}
): Promise<Peer> {
  const dir = home ?? join(await temporaryFolder(t), 'home')
  const peer = await createPeer({ home: dir, listen: LOOPBACK, ...(swarmKey === undefined ? {} : { swarmKey }) })
  atEnd(t, () => peer.stop())
  return peer
}

export function addressOf(peer: Peer): string {
  return peer.libp2p.getMultiaddrs()[0]!.toString()
}
