import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Flock, spread, TRAIN_MS } from './flock.ts'
import type { FlockPeer } from './flock-peer.ts'

const SLOWEST_TRAIN_MS = 1.2 * TRAIN_MS
const LONGEST_DELAY_MS = 15

/** `2 x (median training time + median link delay)`, at most. */
const LONGEST_GRACE_MS = 2 * (SLOWEST_TRAIN_MS + LONGEST_DELAY_MS)

/** The same, at least. Peers that are well wait for each other a third of it: 0.4 training times and two delays. */
const SHORTEST_GRACE_MS = 2 * (0.8 * TRAIN_MS + 3)

const AGREEMENT = 0.05

const waitsOver = ({ events }: FlockPeer, ms: number) => events.filter(({ waitMs }) => waitMs >= ms).length

async function agreementOf(peers: readonly FlockPeer[]): Promise<number> {
  return spread(await Promise.all(peers.map((peer) => peer.model())))
}

suite('a flock in which peers come and go', () => {
  test('goes on within the grace when some are killed half way, and the survivors agree', async () => {
    const flock = new Flock()
    const peers = await flock.addMany(7)
    const [victims, survivors] = [peers.slice(0, 2), peers.slice(2)]
    await flock.finishWith(1200, () => {
      for (const victim of victims) flock.kill(victim)
    })
    for (const peer of survivors) {
      assert.equal(peer.report!.end, 'done')
      assert.ok(peer.longestGap() <= SLOWEST_TRAIN_MS + LONGEST_GRACE_MS, `${peer.longestGap()} ms`)
      assert.equal(peer.participant.degree, 4)
    }
    assert.ok((await agreementOf(survivors)) < AGREEMENT)
  })

  test('waits exactly twice for a peer that hangs, and then no longer for it than for nobody', async () => {
    const flock = new Flock()
    const peers = await flock.addMany(5)
    const [hanging, ...others] = peers
    await flock.finishWith(1200, () => {
      hanging!.isMute = true
    })
    for (const peer of others) {
      assert.equal(waitsOver(peer, SHORTEST_GRACE_MS), 2)
      assert.ok(peer.longestGap() <= SLOWEST_TRAIN_MS + LONGEST_GRACE_MS, `${peer.longestGap()} ms`)
      assert.equal(peer.report!.end, 'done')
    }
    assert.ok((await agreementOf(others)) < AGREEMENT)

    const healthy = new Flock()
    await healthy.addMany(5)
    await healthy.finish()
    for (const peer of healthy.peers) assert.equal(waitsOver(peer, SHORTEST_GRACE_MS), 0)
  })

  test('waits again for a peer that delivers again', async () => {
    const flock = new Flock()
    const [hanging, ...others] = await flock.addMany(4)
    await flock.finishWith(800, async () => {
      hanging!.isMute = true
      await flock.clock.sleep(800)
      hanging!.isMute = false
    })
    for (const { events } of others) {
      const from = events.findLastIndex(({ mixed, phase }) => phase === 'training' && mixed.length < 3)
      const after = events.slice(from + 1).filter(({ phase }) => phase === 'training')
      assert.ok(after.length > 5, 'it is mixed in every round once it is back')
    }
    assert.ok((await agreementOf([hanging!, ...others])) < AGREEMENT)
  })

  test('is not held up beyond the grace by a peer that takes four times as long, and takes it along', async () => {
    const flock = new Flock()
    const others = await flock.addMany(4)
    const slow = await flock.add({ trainMs: 4 * TRAIN_MS })
    for (const other of others) flock.link(slow, other)
    await flock.finish()
    for (const peer of others) {
      assert.ok(peer.longestGap() <= SLOWEST_TRAIN_MS + LONGEST_GRACE_MS, `${peer.longestGap()} ms`)
      const from = peer.events.filter(({ mixed }) => mixed.some(({ author }) => author === slow.id))
      assert.ok(from.length >= 5, `${from.length} of its versions were mixed`)
    }
    assert.equal(slow.report!.end, 'done')
    assert.ok(slow.events.at(-1)!.t > Math.max(...others.map(({ events }) => events.at(-1)!.t)))
  })

  test('gives old versions less weight, by the square root of their age in rounds', async () => {
    const flock = new Flock()
    const others = await flock.addMany(4)
    const slow = await flock.add({ trainMs: 4 * TRAIN_MS })
    for (const other of others) flock.link(slow, other)
    await flock.finish()
    const mixed = others.flatMap(({ events }) => events.flatMap((event) => event.mixed))
    for (const { staleness, weight } of mixed) assert.ok(Math.abs(weight - (1 + staleness) ** -0.5 / 5) < 1e-12)
    const seenBySlow = slow.events.flatMap((event) => event.mixed)
    assert.ok(seenBySlow.every(({ staleness }) => staleness <= 8))
  })
})
