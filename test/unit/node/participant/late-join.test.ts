import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { meanOf } from '../../../../protocols/averaging/index.ts'
import { bytesOf } from '../../protocols/delta-gossip/author-chain.ts'
import { Flock, farthest, spread } from './flock.ts'

const JOIN_MS = 1500

/** A flock of `running` peers that a further one joins half way, after `prepare`, with links to all of them. */
async function joinLate(running: number, prepare: (flock: Flock) => unknown = () => {}) {
  const flock = new Flock()
  const others = await flock.addMany(running)
  const joiner = await flock.add()
  let round = 0
  const joined = flock.clock.sleep(JOIN_MS).then(async () => {
    for (const other of others) flock.link(joiner, other)
    prepare(flock)
    round = others[0]!.participant.round
    await joiner.run()
  })
  await flock.clock.until(Promise.all([...others.map((peer) => peer.run()), joined]))
  return { flock, others, joiner, round }
}

/** Whether this is the mean of so many copies that were held, bit for bit. */
function isMean(start: Float32Array, held: readonly Float32Array[], atLeast: number): boolean {
  return held.length >= atLeast && farthest(start, meanOf(held)) === 0
}

suite('late join', () => {
  test('starts from the mean of at least three copies, at their round, and agrees in the end', async () => {
    const { flock, others, joiner, round } = await joinLate(5)
    const { starts, startCopy, heldAtStart } = joiner.vectors
    assert.deepEqual(starts, ['neighbours'])
    assert.ok(isMean(startCopy, heldAtStart, 3))
    assert.equal(isMean(flock.initial, heldAtStart, 3), false, 'not the initial weights')
    assert.equal(isMean(heldAtStart[0]!, heldAtStart, 3), false, 'not one copy alone')
    assert.ok(Math.abs(joiner.events[0]!.round - round) <= 1)
    assert.equal(joiner.report!.end, 'done')
    assert.ok(spread(await Promise.all([...others, joiner].map((peer) => peer.model()))) < 0.05)
  })

  test('starts from both copies where only two peers have begun', async () => {
    const { startCopy, heldAtStart } = (await joinLate(2)).joiner.vectors
    assert.ok(isMean(startCopy, heldAtStart, 2))
  })

  test('waits for links to the others that the first one has named, and not for long for one that never answers', async () => {
    for (const [linked, copies] of [
      [3, 3],
      [1, 1]
    ] as const) {
      const flock = new Flock()
      const others = await flock.addMany(3)
      const joiner = await flock.add({ members: () => 4, company: { links: 1, ms: 1000 } })
      const joined = flock.clock.sleep(JOIN_MS).then(async () => {
        flock.link(joiner, others[0]!)
        const run = joiner.run()
        await flock.clock.sleep(200)
        for (const other of others.slice(1, linked)) flock.link(joiner, other)
        await run
      })
      await flock.clock.until(Promise.all([...others.map((peer) => peer.run()), joined]))
      const { startCopy, heldAtStart } = joiner.vectors
      assert.equal(heldAtStart.length, copies)
      assert.ok(isMean(startCopy, heldAtStart, copies))
    }
  })

  test('starts from the newest checkpoint where nobody who trains answers, and only there', async () => {
    const copy = bytesOf(new Flock().initial.map((_, i) => Math.cos(i)))
    const newestCheckpoint = async () => ({ round: 7, copy, name: 'bafy' })
    const flock = new Flock({ training: { rounds: 10 } })
    const alone = await flock.add({ newestCheckpoint })
    await flock.finish()
    assert.deepEqual(bytesOf(alone.vectors.startCopy), copy)
    assert.equal(alone.events[0]!.round, 7)
    assert.deepEqual(alone.notices, ['nobody who trains answers: began with checkpoint bafy of round 7'])

    const again = new Flock({ training: { rounds: 10 } })
    const saved = { round: 1, copy: bytesOf(again.initial) }
    const own = await again.add({ newestCheckpoint, saved })
    await again.finish()
    assert.equal(own.events[0]!.round, 1, 'who is few rounds behind goes on with its own copy')

    const inCompany = new Flock()
    const others = await inCompany.addMany(3)
    const joiner = await inCompany.add({ newestCheckpoint })
    const joined = inCompany.clock.sleep(JOIN_MS).then(async () => {
      for (const other of others) inCompany.link(joiner, other)
      await joiner.run()
    })
    await inCompany.clock.until(Promise.all([...others.map((peer) => peer.run()), joined]))
    assert.deepEqual(joiner.vectors.starts, ['neighbours'])
  })

  test('control: without a checkpoint it starts from the initial weights', async () => {
    const flock = new Flock({ training: { rounds: 2 } })
    const alone = await flock.add({ newestCheckpoint: async () => undefined })
    await flock.finish()
    assert.deepEqual(alone.vectors.starts, ['initial'])
  })

  test('starts from the initial weights with all others who begin together', async () => {
    const flock = new Flock({ training: { rounds: 2 } })
    await flock.addMany(3)
    await flock.finish()
    for (const { vectors } of flock.peers) assert.deepEqual(vectors.starts, ['initial'])
  })

  test('waits on for a copy rather than start from the initial weights when none can be had', async () => {
    const { joiner } = await joinLate(3, (flock) => {
      const others = flock.peers.slice(0, 3)
      for (const peer of others) peer.signedCopy = async () => Promise.reject(new Error('busy'))
      flock.clock.after(1000, () => {
        for (const peer of others) Reflect.deleteProperty(peer, 'signedCopy')
      })
    })
    assert.deepEqual(joiner.vectors.starts, ['neighbours'])
    assert.ok(joiner.notices.includes('busy'))
  })
})

suite('return after a stop', () => {
  test('goes on from the own saved copy where the others are not far ahead', async () => {
    const flock = new Flock({ training: { rounds: 10 } })
    const copy = flock.initial.map((_, i) => Math.cos(i))
    const peer = await flock.add({ saved: { round: 4, copy: bytesOf(copy) } })
    await flock.finish()
    assert.deepEqual([peer.vectors.starts, peer.vectors.startCopy], [['copy'], copy])
    assert.deepEqual([peer.events[0]!.round, peer.report], [4, { end: 'done', rounds: 10 }])
    assert.deepEqual(peer.notices, ['resumed from the own copy of round 4'])
  })

  for (const [behind, start] of [
    [8, 'copy'],
    [9, 'neighbours']
  ] as const) {
    test(`goes on from ${start} where the others are ${behind} rounds ahead`, async () => {
      const flock = new Flock()
      const others = await flock.addMany(3)
      const heads = () => new Set(others.map(({ participant }) => participant.chain!.seq))
      const returned = flock.clock.sleep(JOIN_MS).then(async () => {
        // From the moment at which the last one publishes, all stand at the same round for most of a training time.
        while (heads().size === 1) await flock.clock.sleep(1)
        while (heads().size > 1) await flock.clock.sleep(1)
        const [round] = [...heads()] as [number]
        const back = await flock.add({ saved: { round: round - behind, copy: bytesOf(flock.initial) } })
        for (const other of others) flock.link(back, other)
        await back.run()
        return back
      })
      const [back] = await flock.clock.until(Promise.all([returned, ...others.map((peer) => peer.run())]))
      assert.equal(back.vectors.starts[0], start)
    })
  }
})
