import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { suite, type TestContext, test } from 'node:test'
import { type GossipSub, gossipsub } from '@libp2p/gossipsub'
import type { Libp2p } from '@libp2p/interface'
import {
  recordCid,
  sealBeacon,
  sealCheckpointAnnouncement,
  sealDeltaHeader
} from '../../../../protocols/envelope/index.ts'
import { encodeEquivocationProof, RunTopics } from '../../../../protocols/topics/index.ts'
import { TOPIC_NAMES, type TopicName, topicOf } from '../../../../protocols/topics/run-topics.ts'
import { announcement, author, beacon, deltaHeader, filled, key, run } from '../envelope/samples.ts'
import { loopbackNode } from '../links/loopback-node.ts'
import { waitFor } from '../links/wait-for.ts'

const NETWORK = 'test'
const RUN = 'the run'

/** A peer on the topics of a run, with what it heard there. */
class TopicPeer {
  readonly node: Libp2p<{ pubsub: GossipSub }>
  readonly topics: RunTopics
  readonly heard: string[] = []
  readonly refused: string[] = []

  constructor(node: Libp2p<{ pubsub: GossipSub }>) {
    this.node = node
    this.topics = new RunTopics({
      pubsub: this.pubsub,
      network: NETWORK,
      run: RUN,
      runBytes: run,
      onHeader: ({ header }) => this.heard.push(`header ${header.seq}`),
      onCheckpoint: ({ announcement }) => this.heard.push(`checkpoint ${announcement.round}`),
      onBeacon: ({ beacon }) => this.heard.push(`beacon ${beacon.sentAt}`),
      onEquivocation: (culprit) => this.heard.push(`equivocation ${Buffer.compare(culprit, author)}`),
      onRefused: (_peer, reason) => this.refused.push(reason)
    })
  }

  get pubsub(): GossipSub {
    return this.node.services.pubsub
  }

  /** Whether the other one is known to listen on every topic. */
  get isHeard(): boolean {
    return TOPIC_NAMES.every((name) => this.pubsub.getSubscribers(topicOf(NETWORK, RUN, name)).length === 1)
  }

  /** Publishes what an honest peer's own code would not. */
  async publishRaw(name: TopicName, bytes: Uint8Array): Promise<void> {
    await this.pubsub.publish(topicOf(NETWORK, RUN, name), bytes)
  }
}

async function topicPeer(t: TestContext): Promise<TopicPeer> {
  const pubsub = gossipsub({
    globalSignaturePolicy: 'StrictNoSign',
    msgIdFn: ({ data }) => createHash('sha256').update(data).digest(),
    fallbackToFloodsub: false,
    floodPublish: false,
    allowPublishToZeroTopicPeers: true
  })
  const peer = new TopicPeer(await loopbackNode<{ pubsub: GossipSub }>(t, { pubsub }))
  peer.topics.start()
  return peer
}

async function connectedPeers(t: TestContext): Promise<[TopicPeer, TopicPeer]> {
  const [a, b] = await Promise.all([topicPeer(t), topicPeer(t)])
  await a.node.dial(b.node.getMultiaddrs())
  await waitFor(() => a.isHeard && b.isHeard)
  return [a, b]
}

suite('run topics', () => {
  test('deliver every kind of record to the other peer, once each, and not to the sender', async (t) => {
    const [a, b] = await connectedPeers(t)
    const second = await sealDeltaHeader({ ...deltaHeader, round: 13 }, key)
    const header = await sealDeltaHeader(deltaHeader, key)
    assert.equal(await a.topics.publish('members', await sealBeacon(beacon, key)), 1)
    await a.topics.publish('deltas', header)
    await a.topics.publish('checkpoints', await sealCheckpointAnnouncement(announcement, key))
    await a.topics.publish('faults', encodeEquivocationProof(header, second))
    await waitFor(() => b.heard.length === 4)
    const expected = [
      `beacon ${beacon.sentAt}`,
      `checkpoint ${announcement.round}`,
      'equivocation 0',
      `header ${deltaHeader.seq}`
    ]
    assert.deepEqual(b.heard.toSorted(), expected)
    assert.deepEqual([a.heard, a.refused, b.refused], [[], [], []])
  })

  test('reject and count garbage, forgeries and records on the wrong topic, and go on', async (t) => {
    const [a, b] = await connectedPeers(t)
    const sealed = await sealBeacon(beacon, key)
    const forged = sealed.slice()
    forged[Buffer.from(forged).indexOf('signature') + 30]! ^= 1
    const wrong: readonly [TopicName, Uint8Array, string][] = [
      ['members', filled(100, 0xff), 'shape'],
      ['members', forged, 'signature'],
      ['members', filled(5000, 1), 'oversized'],
      ['deltas', sealed, 'shape'],
      ['checkpoints', filled(10, 0), 'shape'],
      ['faults', filled(10, 0xff), 'truncated']
    ]
    for (const [count, [name, bytes, reason]] of wrong.entries()) {
      await a.publishRaw(name, bytes)
      await waitFor(() => b.refused.length === count + 1, `${reason} on ${name}`)
      assert.equal(b.refused.at(-1), reason)
    }
    await a.topics.publish('members', await sealBeacon({ ...beacon, freeLinks: 0 }, key))
    await waitFor(() => b.heard.length === 1)
  })

  test('ignore what belongs to another run, without counting it against the sender', async (t) => {
    const [a, b] = await connectedPeers(t)
    const elsewhere = recordCid(filled(1, 99)).bytes
    await a.publishRaw('members', await sealBeacon({ ...beacon, run: elsewhere }, key))
    await a.publishRaw('deltas', await sealDeltaHeader({ ...deltaHeader, run: elsewhere }, key))
    await a.topics.publish('members', await sealBeacon(beacon, key))
    await waitFor(() => b.heard.length === 1)
    assert.deepEqual([b.heard, b.refused], [[`beacon ${beacon.sentAt}`], []])
  })

  test('are left when the run is, and lead to nobody then', async (t) => {
    const [a, b] = await connectedPeers(t)
    b.topics.stop()
    assert.deepEqual(b.pubsub.getTopics(), [])
    await waitFor(() => a.pubsub.getSubscribers(topicOf(NETWORK, RUN, 'members')).length === 0)
    assert.equal(await a.topics.publish('members', await sealBeacon(beacon, key)), 0)
  })
})
