import type { TestContext } from 'node:test'
import type { Libp2p, PrivateKey } from '@libp2p/interface'
import { type Clock, systemClock } from '../../../../protocols/clock.ts'
import type { DeltaFrame } from '../../../../protocols/delta-gossip/index.ts'
import { type Head, LinkService, type Member, ownAddresses } from '../../../../protocols/links/index.ts'
import { run } from '../envelope/samples.ts'
import { loopbackNode } from './loopback-node.ts'

export const PROTOCOL = '/starling/test/link/1.0.0'

export interface LinkPeerInit {
  readonly key?: PrivateKey
  readonly run?: Uint8Array
  readonly codec?: string
  readonly isTrainer?: boolean
  readonly head?: Head
  readonly k?: number
  readonly clock?: Clock
  readonly random?: () => number
}

/** A peer that keeps links and notes what happens on them. */
export class LinkPeer {
  readonly node: Libp2p
  readonly links: LinkService
  readonly opened: { readonly id: string; readonly isInbound: boolean; readonly head: Head }[] = []
  readonly closed: string[] = []
  /** Links that stood, and that stood no more, in order. */
  readonly history: { readonly type: 'open' | 'close'; readonly id: string }[] = []
  readonly deltas: DeltaFrame[] = []
  readonly refused: string[] = []
  hasEnded = false

  constructor(node: Libp2p, init: LinkPeerInit) {
    const { head = null, isTrainer = true, run: ownRun = run, codec = 'int4', k = 6 } = init
    const { clock = systemClock, random = Math.random } = init
    this.node = node
    this.links = new LinkService({
      libp2p: node,
      protocol: PROTOCOL,
      run: ownRun,
      codec,
      k,
      clock,
      random,
      local: () => ({ head, isTrainer, hasEnded: this.hasEnded }),
      onOpen: ({ id, isInbound }, remoteHead) => {
        this.opened.push({ id, isInbound, head: remoteHead })
        this.history.push({ type: 'open', id })
      },
      onClose: (id, reason) => {
        this.closed.push(reason)
        this.history.push({ type: 'close', id })
      },
      onDelta: (_id, frame) => this.deltas.push(frame),
      onRefused: (_id, reason) => this.refused.push(reason)
    })
  }

  get id(): string {
    return this.node.peerId.toString()
  }

  get member(): Member {
    return { peer: this.node.peerId.toMultihash().bytes, addresses: ownAddresses(this.node) }
  }

  /** Peer ids with which a link stands, in order. */
  get linked(): string[] {
    return [...this.links.links.keys()].toSorted()
  }

  /** Streams on which links stand or are agreed. */
  get streams(): number {
    const streams = this.node.getConnections().flatMap((connection) => connection.streams)
    return streams.filter(({ protocol, status }) => protocol === PROTOCOL && status === 'open').length
  }

  knows(...others: readonly LinkPeer[]): void {
    for (const { id, member } of others) this.links.addMember(id, member)
  }
}

/** A peer whose links and node end with the test. */
export async function linkPeer(t: TestContext, init: LinkPeerInit = {}): Promise<LinkPeer> {
  const peer = new LinkPeer(await loopbackNode(t, {}, init.key), init)
  t.after(() => peer.links.stop())
  return peer
}
