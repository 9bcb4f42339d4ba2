import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import { recordCid } from '../../../../protocols/envelope/index.ts'
import { peerText } from '../../../../protocols/links/index.ts'
import { encodeFrame, encodeHello, type LinkRefusal } from '../../../../protocols/links/messages.ts'
import { author, filled } from '../envelope/samples.ts'
import { type LinkPeer, linkPeer } from './link-peer.ts'
import { answerTo, hello, stranger } from './stranger.ts'
import { waitFor } from './wait-for.ts'

const SEEK_INTERVAL_MS = 500

/** Up to as many members all are linked. */
const ALL_LINKED_MEMBERS = 7

interface Neighbour {
  readonly id: string
  readonly frames: LengthPrefixedStream
}

interface Bench {
  readonly peer: LinkPeer
  readonly clock: VirtualClock
  /** Oldest first; each calls by hand and tells nothing of its own accord. */
  readonly neighbours: readonly Neighbour[]
}

/** Members of whom nobody knows where they are. */
function nobody(index: number) {
  const peer = Buffer.concat([author.subarray(0, author.byteLength - 32), filled(32, index + 1)])
  return { id: peerText(peer), member: { peer, addresses: [] } }
}

/** Calls the peer and tells why it refused, or the stream on which a link stands. */
async function callBy(call: Awaited<ReturnType<typeof stranger>>): Promise<LinkRefusal | LengthPrefixedStream> {
  const frames = await call(encodeHello(hello))
  return (await answerTo(frames)).refused ?? frames
}

async function neighbourOf(t: TestContext, peer: LinkPeer): Promise<Neighbour> {
  const call = await stranger(t, peer)
  const id = call.node.peerId.toString()
  const frames = await callBy(call)
  assert.ok(typeof frames === 'object', `refused: ${frames}`)
  await waitFor(() => peer.links.links.has(id))
  return { id, frames }
}

/** A peer with `degree` links that aims for `k`, on a clock that the test moves; it asks members in order of hearing. */
async function bench(t: TestContext, k: number, degree: number, members: readonly LinkPeer[] = []): Promise<Bench> {
  const clock = new VirtualClock()
  const peer = await linkPeer(t, { k, clock, random: () => 0 })
  await peer.links.start()
  peer.knows(...members)
  const neighbours: Neighbour[] = []
  for (let index = 0; index < degree; index++) {
    neighbours.push(await neighbourOf(t, peer))
    await clock.advance(1)
  }
  // So many members that k counts.
  for (let index = 0; index <= ALL_LINKED_MEMBERS; index++) {
    const { id, member } = nobody(index)
    peer.links.addMember(id, member)
  }
  return { peer, clock, neighbours }
}

/** A member that takes whoever calls. */
async function willing(t: TestContext): Promise<LinkPeer> {
  const peer = await linkPeer(t)
  await peer.links.start()
  return peer
}

/** Links that the peer says it has, to one who asks over the network: what it began before has had time to begin. */
async function degreeOf(t: TestContext, peer: LinkPeer): Promise<number> {
  const call = await stranger(t, peer)
  return (await answerTo(await call(encodeHello({ ...hello, run: recordCid(filled(1, 99)).bytes })))).degree
}

async function part(peer: LinkPeer, { id, frames }: Neighbour): Promise<void> {
  await frames.write(encodeFrame({ bye: 'swapped' }))
  await waitFor(() => !peer.links.links.has(id))
}

async function tell(peer: LinkPeer, { id, frames }: Neighbour, degree: number): Promise<void> {
  await frames.write(encodeFrame({ degree }))
  await waitFor(() => peer.links.links.get(id)?.remoteDegree === degree)
}

const idsOf = (...neighbours: readonly { readonly id: string }[]) => neighbours.map(({ id }) => id).toSorted()

suite('a swap', () => {
  test('exchanges a neighbour for a member without a link, which stands before the old one goes', async (t) => {
    const member = await willing(t)
    const { peer, neighbours } = await bench(t, 2, 2, [member])
    const [oldest, other] = neighbours
    await peer.links.swap()
    assert.deepEqual(peer.history.slice(2), [
      { type: 'open', id: member.id },
      { type: 'close', id: oldest!.id }
    ])
    assert.deepEqual([peer.linked, peer.closed], [idsOf(other!, member), ['swapped']])
  })

  test('keeps the old link when the member refuses', async (t) => {
    const member = await linkPeer(t, { isTrainer: false })
    await member.links.start()
    const { peer, neighbours } = await bench(t, 2, 2, [member])
    await peer.links.swap()
    assert.equal(member.links.members.trainerCount, 1)
    assert.deepEqual([peer.linked, peer.closed], [idsOf(...neighbours), []])
  })

  test('only asks where a link is missing', async (t) => {
    const member = await willing(t)
    const { peer, neighbours } = await bench(t, 2, 1, [member])
    await peer.links.swap()
    assert.deepEqual([peer.linked, peer.closed], [idsOf(...neighbours, member), []])
  })

  test('only parts from one where there are too many', async (t) => {
    const member = await willing(t)
    const { peer, neighbours } = await bench(t, 2, 3, [member])
    const [oldest, ...others] = neighbours
    await peer.links.swap()
    assert.deepEqual([peer.linked, peer.closed], [idsOf(...others), ['swapped']])
    assert.equal(peer.history.length, 4)
    assert.deepEqual(peer.history.at(-1), { type: 'close', id: oldest!.id })
  })

  test('that took one of k links is made good at the next swap, and two at once', async (t) => {
    const member = await willing(t)
    const { peer, clock, neighbours } = await bench(t, 3, 3, [member])
    const [first, second, third] = neighbours
    await clock.advance(SEEK_INTERVAL_MS)
    await part(peer, first!)
    await clock.advance(2 * SEEK_INTERVAL_MS)
    assert.equal(await degreeOf(t, peer), 2)
    assert.deepEqual([peer.linked, member.opened], [idsOf(second!, third!), []])
    await part(peer, second!)
    await clock.advance(SEEK_INTERVAL_MS)
    await waitFor(() => peer.links.links.has(member.id))
    assert.deepEqual(peer.linked, idsOf(third!, member))
  })

  test('brings the missing link back', async (t) => {
    const member = await willing(t)
    const { peer, clock, neighbours } = await bench(t, 3, 3, [member])
    await clock.advance(SEEK_INTERVAL_MS)
    await part(peer, neighbours[0]!)
    await peer.links.swap()
    assert.deepEqual(peer.linked, idsOf(neighbours[1]!, neighbours[2]!, member))
  })

  test('is no surplus to the member that was asked, though two links more stand for a moment', async (t) => {
    const asked = await bench(t, 2, 2)
    const caller = await bench(t, 2, 2, [asked.peer])
    await caller.peer.links.swap()
    await waitFor(() => (asked.peer.links.links.get(caller.peer.id)?.remoteDegree ?? 0) > 0)
    await asked.clock.advance(SEEK_INTERVAL_MS)
    assert.deepEqual([asked.peer.linked.length, asked.peer.closed], [3, []])
  })
})

suite('links to aim for', () => {
  test('are k once they were, less the one that a swap may take, and k before', async (t) => {
    const member = await willing(t)
    const { peer, clock } = await bench(t, 3, 2, [member])
    await clock.advance(SEEK_INTERVAL_MS)
    await waitFor(() => peer.links.links.has(member.id))
    assert.equal(peer.linked.length, 3)
  })

  test('are all members where these are few, however small k is', async (t) => {
    const members = await Promise.all([willing(t), willing(t), willing(t)])
    const clock = new VirtualClock()
    const peer = await linkPeer(t, { k: 1, clock })
    peer.knows(...members)
    await peer.links.start()
    await waitFor(() => peer.linked.length === 3)
    await clock.advance(SEEK_INTERVAL_MS)
    assert.deepEqual([peer.linked, peer.closed], [idsOf(...members), []])
  })

  test('are exceeded until the other side has links to spare, whose newest then goes', async (t) => {
    const { peer, clock, neighbours } = await bench(t, 2, 3)
    const [first, second, third] = neighbours
    await tell(peer, third!, 2)
    await clock.advance(SEEK_INTERVAL_MS)
    assert.deepEqual(peer.linked, idsOf(...neighbours))
    await tell(peer, first!, 3)
    await tell(peer, second!, 3)
    await clock.advance(2 * SEEK_INTERVAL_MS)
    assert.deepEqual([peer.linked, peer.closed], [idsOf(first!, third!), ['surplus']])
  })

  test('are at most twice seven for a small k: the next caller is refused', async (t) => {
    const { peer, neighbours } = await bench(t, 2, 2 * ALL_LINKED_MEMBERS)
    const late = await stranger(t, peer)
    assert.equal(await callBy(late), 'full')
    assert.equal(peer.linked.length, 14)
    await part(peer, neighbours[0]!)
    assert.equal(typeof (await callBy(late)), 'object')
  })

  test('are at most twice k for a large one', async (t) => {
    const { peer } = await bench(t, 8, 14)
    for (const _ of [15, 16]) await neighbourOf(t, peer)
    assert.equal(await callBy(await stranger(t, peer)), 'full')
    assert.equal(peer.linked.length, 16)
  })
})
