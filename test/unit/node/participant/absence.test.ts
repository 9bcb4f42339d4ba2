import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Flock, TRAIN_MS } from './flock.ts'

const AWAY_FROM_MS = 500
const AWAY_MS = 3000

/** A flock of four in which the last is without links for a while, paused or stopped. */
async function withAbsence(leave: (last: Flock['peers'][number]) => void, comeBack: typeof leave) {
  const flock = new Flock({ training: { rounds: 60 } })
  const peers = await flock.addMany(4)
  const last = peers[3]!
  const others = peers.slice(0, 3)
  let theirs = 0
  const absent = flock.clock
    .sleep(AWAY_FROM_MS)
    .then(() => {
      leave(last)
      for (const other of others) flock.unlink(last, other)
    })
    .then(() => flock.clock.sleep(AWAY_MS))
    .then(() => {
      comeBack(last)
      // Links take a moment: the peer must wait for them before it looks where the others are.
      return flock.clock.sleep(300)
    })
    .then(() => {
      theirs = others[0]!.participant.round
      for (const other of others) flock.link(last, other)
    })
  await flock.clock.until(Promise.all([...peers.map((peer) => peer.run()), absent]))
  return { last, others, theirs }
}

suite('an absent participant', () => {
  test('that was paused without links waits for them, and goes on in the round of the others', async () => {
    const { last, theirs } = await withAbsence(
      ({ participant }) => participant.pause(),
      ({ participant }) => participant.resume()
    )
    assert.match(last.notices.join(), /went on in round \d+ after a pause in round \d+, from the neighbours' mean/)
    const rounds = last.events.map(({ round }) => round)
    assert.ok(rounds.includes(theirs) || rounds.includes(theirs + 1), `${theirs} in ${rounds}`)
    assert.equal(last.report!.end, 'done')
  })

  test('trains nothing while it is paused before its first round, and then joins the others where they are', async () => {
    const flock = new Flock({ training: { rounds: 60 } })
    const peers = await flock.addMany(4)
    const last = peers[3]!
    last.participant.pause()
    await flock.finishWith(2000, () => {
      assert.deepEqual(last.events, [])
      last.participant.resume()
    })
    assert.deepEqual(last.vectors.starts, ['neighbours'])
  })
})

suite('a participant that its owner slows down', () => {
  /** Virtual time that three peers take with a fourth that needs `trainMs` for a round. */
  async function timeBeside(trainMs: number): Promise<number> {
    const flock = new Flock()
    await flock.addMany(3)
    const slow = await flock.add({ trainMs })
    const others = flock.peers.slice(0, 3)
    for (const other of others) flock.link(slow, other)
    let ms = 0
    const finished = Promise.all(others.map((peer) => peer.run())).then(() => {
      ms = flock.clock.now()
    })
    await flock.clock.until(Promise.all([finished, slow.run()]))
    return ms
  }

  test('does not hold up its neighbours', async () => {
    const [alike, slow] = [await timeBeside(TRAIN_MS), await timeBeside(10 * TRAIN_MS)]
    assert.ok(slow < 1.5 * alike, `${slow} ms beside a slow peer, ${alike} ms beside one like them`)
  })
})
