import type { DeltaFrame } from '../../protocols/delta-gossip/index.ts'
import type { Link } from '../../protocols/links/index.ts'
import type { LinkedPeer } from '../participant/index.ts'
import { type ChainHolder, chainHolders } from './chain-holders.ts'
import type { RunNetwork } from './run-network.ts'

/** A link as the participant needs it: where its frames go, and whom to ask for what is missing. */
export function linkedPeer(link: Link, hasStarted: boolean, network: RunNetwork): LinkedPeer {
  const { id } = link
  return {
    id,
    idBytes: link.idBytes,
    get rttMs() {
      return link.rttMs
    },
    hasStarted,
    source: chainHolders({
      author: id,
      authorBytes: link.idBytes,
      holder: (holder) => holderOf(holder, network),
      others: () => network.links.links.keys(),
      onRefused: (holder, reason) => network.refuse(holder, reason)
    }),
    send: (frame: DeltaFrame) => link.send(frame)
  }
}

function holderOf(id: string, { deltas, state }: RunNetwork): ChainHolder {
  return {
    payload: (root, bytes) => deltas.pullPayload(id, root, bytes),
    deltas: (incarnation, from, to) => deltas.pullDeltas(id, incarnation, from, to),
    copy: () => state.fetchCopy(id),
    copyOf: (author) => state.fetchCopy(id, author)
  }
}
