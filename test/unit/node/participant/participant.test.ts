import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { hashOf } from '../../../../node/vectors/index.ts'
import { meanOf } from '../../../../protocols/averaging/index.ts'
import { payloadRoot } from '../../../../protocols/delta-gossip/index.ts'
import { parseDeltaHeader } from '../../../../protocols/envelope/index.ts'
import { Flock, farthest, spread, TRAIN_MS } from './flock.ts'
import type { FlockPeer } from './flock-peer.ts'

/** Targets lie on [-1, 1), so that two of them are about 2 apart; peers that agree are this close (measured: 0.01). */
const AGREEMENT = 0.05

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')
const modelsOf = (peers: readonly FlockPeer[]) => Promise.all(peers.map((peer) => peer.model()))

/** How far peers are from the mean of what their rows want, and from each other. */
async function disagreement(peers: readonly FlockPeer[]): Promise<{ fromMean: number; fromEachOther: number }> {
  const models = await modelsOf(peers)
  const mean = meanOf(peers.map(({ target }) => target))
  return { fromMean: Math.max(...models.map((model) => farthest(model, mean))), fromEachOther: spread(models) }
}

suite('participant', () => {
  test('ends with seven others at the mean of what all want, which it does not when no frame arrives', async () => {
    const flock = new Flock()
    const peers = await flock.addMany(8)
    await flock.finish()
    const { fromMean, fromEachOther } = await disagreement(peers)
    assert.ok(fromMean < AGREEMENT, `${fromMean} from the mean`)
    assert.ok(fromEachOther < AGREEMENT, `${fromEachOther} from each other`)
    for (const { report, refused } of peers) assert.deepEqual([report, refused], [{ end: 'done', rounds: 25 }, []])

    const silent = new Flock()
    const apart = await silent.addMany(8)
    for (const peer of apart) peer.isMute = true
    await silent.finish()
    const control = await disagreement(apart)
    assert.ok(control.fromMean > 0.5 && control.fromEachOther > 1)
  })

  test('mixes every version of a neighbour at most once, and in the rounds of training nearly all', async () => {
    const flock = new Flock()
    const peers = await flock.addMany(4)
    await flock.finish()
    for (const { events } of peers) {
      const mixed = events.flatMap((event) => event.mixed.map(({ author, seq }) => `${author} ${seq}`))
      assert.equal(new Set(mixed).size, mixed.length)
      assert.ok(mixed.length >= 3 * 25)
    }
  })

  test('waits for every live link, and less than the grace when all are well', async () => {
    const flock = new Flock()
    const peers = await flock.addMany(8)
    await flock.finish()
    const grace = 2 * TRAIN_MS
    for (const { events } of peers) {
      const training = events.filter(({ phase }) => phase === 'training')
      assert.ok(training.every(({ waitMs, mixed }) => waitMs < grace && mixed.length === 7))
    }
  })

  test('does the same again from the same seeds, down to the last bit', async () => {
    const play = async () => {
      const flock = new Flock({ training: { rounds: 6 } })
      const peers = await flock.addMany(3)
      await flock.finish()
      return { events: peers.map(({ events }) => events), models: await modelsOf(peers) }
    }
    assert.deepEqual(await play(), await play())
  })

  test('signs a chain that begins at the common copy and links every delta to the one before', async () => {
    const flock = new Flock({ training: { rounds: 5 } })
    const [a] = await flock.addMany(2)
    await flock.finish()
    const chain = a!.participant.chain!
    const kept = chain.deltas(chain.incarnation, 0, chain.seq)
    assert.ok(kept.length === chain.seq + 1 && kept.length >= 11)
    let [prev, base]: [Uint8Array | null, string] = [null, hex(flock.manifest.initialHash)]
    for (const [seq, { header: sealed, payload }] of kept.entries()) {
      const { header, cid } = await parseDeltaHeader(sealed)
      assert.deepEqual([header.seq, header.prev, hex(header.base)], [seq, prev, base])
      assert.deepEqual(header.payload.root, (await payloadRoot(payload)).bytes)
      prev = cid.bytes
      base = hex(header.stateHash)
    }
    assert.deepEqual([chain.head, hex(hashOf(await a!.model()))], [prev, base])
  })

  test('publishes at most every minRoundMs', async () => {
    const flock = new Flock({ training: { rounds: 5, minRoundMs: 400 } })
    const peers = await flock.addMany(2)
    await flock.finish()
    for (const { publishedAt } of peers) {
      const gaps = publishedAt.slice(1, 5).map((at, i) => at - publishedAt[i]!)
      assert.ok(gaps.every((gap) => Math.round(gap) >= 400))
    }
  })

  test('waits for company before the first round, and starts when it has come', async () => {
    const flock = new Flock({ training: { rounds: 3 } })
    const company = { links: 1, ms: 5000 }
    const [a, b] = [await flock.add({ company, trainMs: 100 }), await flock.add({ company, trainMs: 100 })]
    await flock.finishWith(700, () => flock.link(a, b))
    assert.deepEqual([a.publishedAt[0], b.publishedAt[0]], [800, 800])
    assert.ok(a.vectors.rounds.every(({ withMomentum }) => withMomentum))
  })

  test('starts alone when no company comes, without momentum, and learns what its own rows want', async () => {
    const flock = new Flock()
    const alone = await flock.add({ company: { links: 3, ms: 5000 }, trainMs: 100 })
    await flock.finish()
    assert.equal(alone.publishedAt[0], 5100)
    assert.deepEqual(alone.report, { end: 'done', rounds: 25 })
    assert.ok(alone.vectors.rounds.every(({ withMomentum }) => !withMomentum))
    assert.ok(alone.events.every(({ waitMs, links }) => waitMs === 0 && links === 0))
    assert.ok(farthest(await alone.model(), alone.target) < AGREEMENT)
  })

  test('rolls back to its neighbours when its own model diverges, halves its learning rate and says so', async () => {
    const flock = new Flock()
    const [first, ...others] = await flock.addMany(4)
    await flock.finishWith(1000, () => {
      first!.trainer.divergences = 1
    })
    assert.match(first!.notices[0]!, /diverged in round \d+: rolled back .* halved to 0\.1/)
    assert.equal(first!.vectors.rounds[0]!.learningRateFactor, 1)
    assert.equal(first!.vectors.rounds.at(-1)!.learningRateFactor, 1 / 2)
    assert.ok(others.every(({ refused, notices }) => refused.length === 0 && notices.length === 0))
    assert.ok((await disagreement([first!, ...others])).fromEachOther < AGREEMENT)
  })

  test('rolls back to the initial weights when its neighbours help no more, in the same round, and gives up with a reason', async () => {
    const flock = new Flock()
    const [first] = await flock.addMany(3)
    await flock.finishWith(1000, () => {
      first!.trainer.divergences = 3
    })
    assert.deepEqual(
      first!.notices.map((notice) => /to the (.*), learning/.exec(notice)![1]),
      ["neighbours' mean", "neighbours' mean", 'initial weights']
    )
    assert.equal(new Set(first!.notices.map((notice) => /round \d+/.exec(notice)![0])).size, 1)
    assert.equal(first!.report?.rounds, flock.manifest.training.rounds)

    const hopeless = new Flock()
    const [alone] = await hopeless.addMany(1)
    alone!.trainer.divergences = 1000
    await assert.rejects(hopeless.finish(), { code: 'ERR_DIVERGED', message: /diverged 11 times in round 0/ })
  })

  test('weighs its drift by its rows against those of its neighbours, where the run shares them', async () => {
    const weights = async (isShared: boolean) => {
      const flock = new Flock({ training: { rounds: 4 }, share: { metrics: true, samples: isShared } })
      const peers = [await flock.add({ samples: 150 }), await flock.add(), await flock.add({ samples: 10 })]
      for (const [i, peer] of peers.entries()) for (const other of peers.slice(0, i)) flock.link(peer, other)
      await flock.finish()
      return peers.map(({ vectors }) => vectors.rounds[3]!.driftWeight)
    }
    assert.deepEqual(await weights(true), [2, 100 / 80, 1 / 2])
    assert.deepEqual(await weights(false), [1, 1, 1])
  })
})

suite('interrupted participant', () => {
  test('ends with the training that is under way, wherever the signal finds it', async () => {
    for (const ms of [5, 530, 590, 650]) {
      const flock = new Flock()
      const peers = await flock.addMany(3)
      let interruptedAt = 0
      await flock.finishWith(ms, () => {
        interruptedAt = flock.clock.now()
        for (const peer of peers) peer.interrupt()
      })
      for (const { report } of peers) assert.equal(report!.end, 'interrupted')
      assert.ok(flock.clock.now() - interruptedAt <= 1.2 * TRAIN_MS)
    }
  })

  test('does not wait for company, for copies or for the pace of the run', async () => {
    const waiting = new Flock()
    const alone = await waiting.add({ company: { links: 1, ms: 60_000 } })
    await waiting.finishWith(100, () => alone.interrupt())
    assert.deepEqual([alone.report, waiting.clock.now()], [{ end: 'interrupted', rounds: 0 }, 100])

    const paced = new Flock({ training: { minRoundMs: 3.6e6 } })
    const peers = await paced.addMany(2)
    await paced.finishWith(1000, () => {
      for (const peer of peers) peer.interrupt()
    })
    assert.equal(paced.clock.now(), 1000)
    for (const { report } of peers) assert.deepEqual(report, { end: 'interrupted', rounds: 1 })
  })
})
