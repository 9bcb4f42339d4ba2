import type { DeltaFrame } from '../../protocols/delta-gossip/index.ts'
import type { Link } from '../../protocols/links/index.ts'
import type { LinkedPeer } from '../participant/index.ts'
import type { RunNetwork } from './run-network.ts'

/** A link as the participant needs it: where its frames go, and whom to ask for what is missing. */
export function linkedPeer(link: Link, hasStarted: boolean, { deltas, state }: RunNetwork): LinkedPeer {
  const { id } = link
  return {
    id,
    idBytes: link.idBytes,
    get rttMs() {
      return link.rttMs
    },
    hasStarted,
    source: {
      payload: (root, bytes) => deltas.pullPayload(id, root, bytes),
      deltas: (incarnation, from, to) => deltas.pullDeltas(id, incarnation, from, to),
      copy: () => state.fetchCopy(id)
    },
    send: (frame: DeltaFrame) => link.send(frame)
  }
}
