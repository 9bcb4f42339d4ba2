import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { InvalidRecordError, recordCid } from '../../../protocols/envelope/index.ts'
import { type RunStreamsInit, serveRun } from '../../../protocols/run-streams.ts'
import { filled } from './envelope/samples.ts'
import { LinkPeer } from './links/link-peer.ts'
import { connectedNodes, loopbackNode } from './links/loopback-node.ts'
import { waitFor } from './links/wait-for.ts'

const PROTOCOL = '/starling/test/streams/1.0.0'
const runs = [1, 2, 3].map((seed) => recordCid(filled(1, seed)).bytes)
const [one, two, unknown] = runs as [Uint8Array, Uint8Array, Uint8Array]

/** One run that notes what it was handed, and whom it blames. */
async function served(libp2p: Libp2p, run: Uint8Array, changes: Partial<RunStreamsInit> = {}) {
  const got: Uint8Array[] = []
  const faults: string[] = []
  const withdraw = await serveRun({
    libp2p,
    protocol: PROTOCOL,
    run,
    maxFrameBytes: 1024,
    maxStreams: 2,
    firstMessageMs: 10_000,
    runOf: (first) => {
      if (first[0] === 0xff) throw new InvalidRecordError('shape', 'no message')
      return first
    },
    serve: async ({ first, frames }) => {
      got.push(new Uint8Array(first))
      await frames.write(run)
    },
    onFault: (_peer, { reason }) => faults.push(reason),
    ...changes
  })
  return { got, faults, withdraw }
}

/** Says one thing on a new stream and returns the answer. */
async function say(caller: Libp2p, callee: Libp2p, message: Uint8Array): Promise<Uint8Array> {
  const frames = lpStream(await caller.dialProtocol(callee.peerId, PROTOCOL))
  await frames.write(message)
  return new Uint8Array((await frames.read({ signal: AbortSignal.timeout(5000) })).subarray())
}

async function twoRuns(t: TestContext) {
  const [caller, callee] = await connectedNodes(t)
  return { caller, callee, first: await served(callee, one), second: await served(callee, two) }
}

suite('streams of several runs on one node', () => {
  test('go to the run that their first message names, and to the oldest where that run is not here', async (t) => {
    const { caller, callee, first, second } = await twoRuns(t)
    assert.deepEqual(await say(caller, callee, two), two)
    assert.deepEqual(await say(caller, callee, one), one)
    assert.deepEqual(await say(caller, callee, unknown), one)
    assert.deepEqual([first.got, second.got], [[one, unknown], [two]])
  })

  test('go on for one run when another is withdrawn, twice if need be', async (t) => {
    const { caller, callee, first, second } = await twoRuns(t)
    await first.withdraw()
    await first.withdraw()
    assert.deepEqual(await say(caller, callee, two), two)
    await second.withdraw()
    await assert.rejects(say(caller, callee, two))
    await served(callee, one)
    assert.deepEqual(await say(caller, callee, one), one)
  })

  test('that begin with rubbish count against their sender in every run', async (t) => {
    const { caller, callee, first, second } = await twoRuns(t)
    await assert.rejects(say(caller, callee, filled(9, 0xff)))
    await assert.rejects(say(caller, callee, filled(2000, 1)))
    assert.deepEqual(
      [first.faults, second.faults],
      [
        ['shape', 'oversized'],
        ['shape', 'oversized']
      ]
    )
    assert.deepEqual([first.got, second.got], [[], []])
  })

  test('are as many as all runs together may have, and no more', async (t) => {
    const { caller, callee } = await twoRuns(t)
    for (let stream = 0; stream < 4; stream++) await caller.dialProtocol(callee.peerId, PROTOCOL)
    await assert.rejects(say(caller, callee, one))
  })

  test('are refused a second time for one run', async (t) => {
    const { callee } = await twoRuns(t)
    await assert.rejects(served(callee, two), /served on .* already/)
  })
})

test('two peers link in each of two runs over one connection, and part in one alone', async (t) => {
  const nodes = await Promise.all([loopbackNode(t), loopbackNode(t)])
  const peersOf = (run: Uint8Array) => nodes.map((node) => new LinkPeer(node, { run }))
  const [a1, b1] = peersOf(one) as [LinkPeer, LinkPeer]
  const [a2, b2] = peersOf(two) as [LinkPeer, LinkPeer]
  const all = [a1, b1, a2, b2]
  t.after(() => Promise.all(all.map(({ links }) => links.stop())))
  a1.knows(b1)
  a2.knows(b2)
  for (const { links } of all) await links.start()
  await waitFor(() => all.every(({ linked }) => linked.length === 1))
  assert.equal(nodes[0]!.getConnections().length, 1)
  a1.links.links.get(b1.id)!.send({ header: filled(9, 1) })
  a2.links.links.get(b2.id)!.send({ header: filled(9, 2) })
  await waitFor(() => b1.deltas.length === 1 && b2.deltas.length === 1)
  assert.deepEqual([b1.deltas[0]!.header[0], b2.deltas[0]!.header[0]], [1, 2])
  await a1.links.stop()
  await waitFor(() => b1.linked.length === 0)
  assert.deepEqual([a2.linked, b2.linked], [[b2.id], [a2.id]])
})
