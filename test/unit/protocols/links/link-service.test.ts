import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { recordCid } from '../../../../protocols/envelope/index.ts'
import { ownAddresses } from '../../../../protocols/links/index.ts'
import { encodeHello, type Hello } from '../../../../protocols/links/messages.ts'
import { filled, key, otherKey } from '../envelope/samples.ts'
import { type LinkPeer, linkPeer, PROTOCOL } from './link-peer.ts'
import { answerTo, hello, stranger } from './stranger.ts'
import { waitFor } from './wait-for.ts'

const head = { incarnation: filled(16, 3), seq: 7 }
const otherRun = recordCid(filled(1, 99)).bytes

async function started(...peers: LinkPeer[]): Promise<void> {
  await Promise.all(peers.map(({ links }) => links.start()))
}

function areLinked(a: LinkPeer, b: LinkPeer): boolean {
  return a.links.links.has(b.id) && b.links.links.has(a.id)
}

/** Two peers with a link, the caller first. */
async function linkedPeers(t: TestContext): Promise<[LinkPeer, LinkPeer]> {
  const [caller, callee] = await Promise.all([linkPeer(t), linkPeer(t, { head })])
  caller.knows(callee)
  await callee.links.start()
  await caller.links.start()
  await waitFor(() => areLinked(caller, callee))
  return [caller, callee]
}

suite('link service', () => {
  test('agrees on a link that stands on both sides, with the head of the other', async (t) => {
    const [caller, callee] = await linkedPeers(t)
    assert.deepEqual(caller.opened, [{ id: callee.id, isInbound: false, head }])
    assert.deepEqual(callee.opened, [{ id: caller.id, isInbound: true, head: null }])
    assert.deepEqual([caller.linked, callee.linked], [[callee.id], [caller.id]])
    const link = caller.links.links.get(callee.id)!
    await waitFor(() => link.rttMs > 0 && link.remoteDegree === 1)
  })

  test('rests without links, takes none meanwhile, and has them again at once when it wakes', async (t) => {
    const [caller, callee] = await linkedPeers(t)
    callee.knows(caller)
    await callee.links.rest()
    await waitFor(() => caller.linked.length === 0 && callee.linked.length === 0)
    caller.links.seekAnew()
    await new Promise((resolve) => setTimeout(resolve, 700))
    assert.deepEqual([caller.linked, callee.linked], [[], []])
    callee.links.wake()
    await waitFor(() => areLinked(caller, callee))
  })

  test('delivers frames both ways', async (t) => {
    const [caller, callee] = await linkedPeers(t)
    const delta = { header: filled(900, 1), payload: filled(3000, 2) }
    caller.links.links.get(callee.id)!.send(delta)
    callee.links.links.get(caller.id)!.send({ header: filled(900, 3) })
    await waitFor(() => callee.deltas.length === 1 && caller.deltas.length === 1)
    assert.deepEqual(callee.deltas, [delta])
    assert.deepEqual(caller.deltas, [{ header: filled(900, 3) }])
  })

  test('makes exactly one link of two peers that call each other at once', async (t) => {
    const peers = await Promise.all(Array.from({ length: 4 }, () => linkPeer(t)))
    for (const peer of peers) peer.knows(...peers)
    await started(...peers)
    await waitFor(() => peers.every(({ linked, streams }) => linked.length === 3 && streams === 3))
    for (const a of peers) for (const b of peers) assert.ok(a === b || areLinked(a, b))
    const [a, b] = peers
    a!.links.links.get(b!.id)!.send({ header: filled(9, 1) })
    await waitFor(() => b!.deltas.length === 1)
  })

  test('finds other members through a peer without data, with which it makes no link', async (t) => {
    const [introducer, a, b] = await Promise.all([linkPeer(t, { isTrainer: false }), linkPeer(t), linkPeer(t)])
    for (const peer of [a, b]) peer.knows(introducer)
    await introducer.links.start()
    await a.links.start()
    await waitFor(() => introducer.links.members.trainerCount === 1)
    await b.links.start()
    await waitFor(() => areLinked(a, b))
    assert.deepEqual([introducer.linked, introducer.opened], [[], []])
    assert.equal(a.links.members.trainerCount, 1)
  })

  test('goes on asking who may know members while it knows no trainer', async (t) => {
    const [introducer, a, b] = await Promise.all([linkPeer(t, { isTrainer: false }), linkPeer(t), linkPeer(t)])
    a.knows(introducer)
    await started(introducer, b)
    await a.links.start()
    await waitFor(() => a.links.members.trainerCount === 0)
    introducer.knows(b)
    await waitFor(() => areLinked(a, b))
  })

  test('parts with a reason that the neighbour hears', async (t) => {
    const [caller, callee] = await linkedPeers(t)
    callee.hasEnded = true
    await callee.links.stop('finished')
    await waitFor(() => caller.closed.length === 1)
    assert.deepEqual([caller.closed, caller.linked], [['finished'], []])
  })

  test('closes the link of a peer that vanishes', async (t) => {
    const [caller, callee] = await linkedPeers(t)
    await Promise.all(callee.node.getConnections().map((connection) => connection.abort(new Error('power cut'))))
    await waitFor(() => caller.closed.length === 1)
    assert.equal(caller.closed[0], 'closed')
  })
})

suite('link handshake', () => {
  test('is answered with the reason why there is no link, and with one link where there is none', async (t) => {
    const peer = await linkPeer(t)
    await peer.links.start()
    const call = await stranger(t, peer)
    const ask = async (changes: Partial<Hello>) =>
      (await answerTo(await call(encodeHello({ ...hello, ...changes })))).refused
    assert.equal(await ask({ run: otherRun }), 'wrong-run')
    assert.equal(await ask({ codecs: ['f32'] }), 'no-codec')
    assert.equal(await ask({ wantsLink: false }), 'not-a-trainer')
    peer.hasEnded = true
    assert.equal(await ask({}), 'ended')
    peer.hasEnded = false
    assert.equal(peer.opened.length, 0)
    assert.equal(await ask({}), undefined)
    await waitFor(() => peer.opened.length === 1)
  })

  test('of two calls at once stands if it is that of the smaller peer id', async (t) => {
    for (const [own, theirs] of [
      [key, otherKey],
      [otherKey, key]
    ] as const) {
      const peer = await linkPeer(t, { key: own })
      const call = await stranger(t, peer, theirs)
      let isCalled = false
      await call.node.handle(PROTOCOL, () => {
        isCalled = true // And never answered, so that the peer's own call stays under way.
      })
      const id = call.node.peerId.toString()
      peer.links.addMember(id, { peer: call.node.peerId.toMultihash().bytes, addresses: ownAddresses(call.node) })
      await peer.links.start()
      await waitFor(() => isCalled)
      const { refused } = await answerTo(await call(encodeHello(hello)))
      assert.equal(refused, peer.id < id ? 'busy' : undefined)
    }
  })

  test('names members whatever the answer, and learns nothing from peers of another run', async (t) => {
    const [peer, known] = await Promise.all([linkPeer(t, { isTrainer: false }), linkPeer(t)])
    peer.knows(known)
    await peer.links.start()
    const call = await stranger(t, peer)
    const reply = await answerTo(await call(encodeHello({ ...hello, run: otherRun })))
    assert.deepEqual(reply.members, [known.member])
    assert.equal(peer.links.members.trainerCount, 1)
    await answerTo(await call(encodeHello(hello)))
    await waitFor(() => peer.links.members.trainerCount === 2)
  })

  test('makes no link between two peers of different runs', async (t) => {
    const [a, b] = await Promise.all([linkPeer(t), linkPeer(t, { run: otherRun })])
    a.knows(b)
    b.knows(a)
    await started(a, b)
    const asked = ({ links }: LinkPeer) =>
      links.members.candidates(performance.now(), () => false, Math.random).length === 0
    await waitFor(() => asked(a) && asked(b))
    assert.deepEqual([a.opened, b.opened], [[], []])
  })

  test('of a neighbour that calls again replaces the old link, which says so', async (t) => {
    const peer = await linkPeer(t)
    await peer.links.start()
    const call = await stranger(t, peer)
    await answerTo(await call(encodeHello(hello)))
    await answerTo(await call(encodeHello(hello)))
    await waitFor(() => peer.opened.length === 2)
    assert.deepEqual([peer.linked.length, peer.closed], [1, []])
  })

  test('is refused to a peer that sent garbage three times, and not before', async (t) => {
    const peer = await linkPeer(t)
    await peer.links.start()
    const call = await stranger(t, peer)
    for (let fault = 1; fault <= 3; fault++) {
      const frames = await call(encodeHello(hello))
      assert.equal((await answerTo(frames)).refused, undefined, `before fault ${fault}`)
      await frames.write(filled(50, 0xff))
      await waitFor(() => peer.refused.length === fault && peer.linked.length === 0)
    }
    assert.deepEqual(peer.refused, ['shape', 'shape', 'shape'])
    assert.equal((await answerTo(await call(encodeHello(hello)))).refused, 'misbehaved')
  })

  test('that is garbage is counted like any other', async (t) => {
    const peer = await linkPeer(t)
    await peer.links.start()
    const call = await stranger(t, peer)
    for (let fault = 1; fault <= 3; fault++) {
      await call(filled(50, 0xff))
      await waitFor(() => peer.refused.length === fault)
    }
    assert.equal((await answerTo(await call(encodeHello(hello)))).refused, 'misbehaved')
  })

  test('ends a standing link with the third fault that is noted elsewhere', async (t) => {
    const [caller, callee] = await linkedPeers(t)
    for (let fault = 1; fault <= 2; fault++) callee.links.noteFault(caller.id, 'state-mismatch')
    assert.equal(callee.linked.length, 1)
    callee.links.noteFault(caller.id, 'equivocation')
    await waitFor(() => caller.closed.length === 1)
    assert.deepEqual([callee.closed, caller.closed], [['misbehaved'], ['misbehaved']])
  })
})
