import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Flock, farthest, spread, TRAIN_MS } from './flock.ts'
import type { FlockPeer } from './flock-peer.ts'

const phasesOf = ({ events }: FlockPeer) => events.map(({ phase }) => phase)
const countOf = (peer: FlockPeer, phase: string) => phasesOf(peer).filter((each) => each === phase).length

async function spreadOf(peers: readonly FlockPeer[]): Promise<number> {
  return spread(await Promise.all(peers.map((peer) => peer.model())))
}

suite('the end of a run', () => {
  test('is at least five closing rounds without training, and one last delta that says done', async () => {
    const flock = new Flock({ training: { rounds: 10 } })
    const peers = await flock.addMany(5)
    await flock.finish()
    for (const peer of peers) {
      const phases = phasesOf(peer)
      assert.deepEqual(phases.slice(0, 10), new Array(10).fill('training'))
      assert.ok(countOf(peer, 'closing') >= 5)
      assert.deepEqual([phases.at(-1), countOf(peer, 'done')], ['done', 1])
      const after = peer.events.filter(({ phase }) => phase !== 'training')
      assert.ok(after.every(({ steps, trainMs, loss }) => steps === 0 && trainMs === 0 && loss === undefined))
      assert.deepEqual(peer.report, { end: 'done', rounds: 10 })
    }
  })

  test('brings peers together that drifted apart in the last round', async () => {
    const flock = new Flock({ training: { rounds: 10 } })
    const peers = await flock.addMany(5)
    let before = 0
    await flock.finishWith(0, async () => {
      while (peers.some(({ participant }) => participant.phase === 'training')) await flock.clock.sleep(1)
      before = await spreadOf(peers)
    })
    assert.ok(before > 0.1, `${before} before closing`)
    assert.ok((await spreadOf(peers)) < 0.05)
  })

  test('waits for peers that still train, for three rounds of its own beyond the five', async () => {
    const flock = new Flock({ training: { rounds: 10 } })
    const [fast, slow] = [await flock.add({ trainMs: TRAIN_MS }), await flock.add({ trainMs: 3 * TRAIN_MS })]
    flock.link(fast, slow)
    await flock.finish()
    const closing = fast.events.filter(({ phase }) => phase === 'closing')
    const patience = closing.at(-1)!.t - closing[0]!.t
    assert.ok(patience > 3 * TRAIN_MS && patience < 20 * TRAIN_MS, `${patience} ms`)
    assert.deepEqual([fast.report!.end, slow.report!.end], ['done', 'done'])
    assert.ok(fast.events.at(-1)!.t < slow.events.at(-1)!.t)
  })

  test('finds every peer among the done when all have heard of each other', async () => {
    const flock = new Flock({ training: { rounds: 3 } })
    const peers = await flock.addMany(4)
    await flock.finish()
    await flock.clock.advance(TRAIN_MS)
    for (const { participant } of peers) assert.deepEqual([participant.isAmongDone, participant.phase], [true, 'done'])
  })

  test('is offered as a last checkpoint by every peer that has not seen one', async () => {
    const flock = new Flock({ training: { rounds: 3 } })
    const [first, second] = await flock.addMany(2)
    second!.participant.checkpointSeen('done')
    await flock.finish()
    const { phase, seq, round } = first!.checkpoints.at(-1)!
    assert.deepEqual([phase, seq, round], ['done', first!.participant.chain!.seq, 3])
    assert.deepEqual(second!.checkpoints, [])
  })

  test('comes for a slow peer with that of most neighbours, and it ends where they do', async () => {
    const { slow, distance } = await withSlowPeer(() => {})
    assert.ok(slow.report!.rounds < ROUNDS, `${slow.report!.rounds} rounds`)
    assert.equal(countOf(slow, 'training'), slow.report!.rounds)
    assert.equal(slow.report!.end, 'done')
    assert.match(slow.notices.at(-1)!, /^ends with round \d+ of 20: most neighbours are done$/)
    assert.ok(distance < 0.05, `${distance}`)
  })

  test('does not come early for a slow peer that has only a few rounds left', async () => {
    const { slow, peers } = await withSlowPeer(() => {}, 3.5)
    const trained = slow.events.findLast(({ phase }) => phase === 'training')!.t
    assert.ok(
      peers.every(({ events }) => events.at(-1)!.t < trained),
      'the others are done before'
    )
    assert.equal(slow.report!.rounds, ROUNDS)
  })

  test('does not come for a peer that lost its neighbours before, and it falls back to its own rows', async () => {
    const { slow, distance } = await withSlowPeer((flock, peers) => {
      for (const peer of peers) flock.kill(peer)
    })
    assert.equal(slow.report!.rounds, ROUNDS)
    assert.ok(distance > 0.3, `${distance}`)
  })

  test('comes for a slow peer whose neighbours are done and have left', async () => {
    const flock = new Flock({ training: { rounds: ROUNDS } })
    const [fast, slow] = [await flock.add(), await flock.add({ trainMs: 20 * TRAIN_MS })]
    flock.link(fast, slow)
    await flock.finishWith(0, async () => {
      while (!phasesOf(fast).includes('done')) await flock.clock.sleep(1)
      await flock.clock.sleep(TRAIN_MS)
      flock.unlink(fast, slow)
    })
    assert.ok(slow.report!.rounds < ROUNDS, `${slow.report!.rounds} rounds`)
  })

  test('does not come early where only half of the neighbours are done', async () => {
    const flock = new Flock({ training: { rounds: ROUNDS } })
    const slow = { trainMs: 6 * TRAIN_MS }
    const [fast, first, second] = [await flock.add(), await flock.add(slow), await flock.add(slow)]
    flock.link(fast, first)
    flock.link(fast, second)
    flock.link(first, second)
    await flock.finish()
    assert.ok(fast.publishedAt.at(-1)! < first.publishedAt.at(-1)! / 2)
    assert.deepEqual([first.report!.rounds, second.report!.rounds], [ROUNDS, ROUNDS])
  })
})

const ROUNDS = 20

/**
 * Six peers and one that takes `factor` times as long; `act` happens when the six have trained their last round. Returns
 * the slow one, and how far from the others it ends.
 */
async function withSlowPeer(act: (flock: Flock, peers: readonly FlockPeer[]) => void, factor = 6) {
  const flock = new Flock({ training: { rounds: ROUNDS } })
  const peers = await flock.addMany(6)
  const slow = await flock.add({ trainMs: factor * TRAIN_MS })
  for (const peer of peers) flock.link(slow, peer)
  await flock.finishWith(0, async () => {
    while (peers.some(({ participant }) => participant.phase === 'training')) await flock.clock.sleep(1)
    act(flock, peers)
  })
  const other = await peers[0]!.model()
  return { slow, peers, distance: farthest(await slow.model(), other) }
}
