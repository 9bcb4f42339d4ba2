import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { MAX_GAP_DELTAS } from '../../../../protocols/delta-gossip/index.ts'
import { filled } from '../envelope/samples.ts'
import { FollowerBench, SECOND_START } from './follower-bench.ts'

suite('chain follower', () => {
  test('follows a chain from the initial copy, bit for bit, and fetches nothing that rode along', async () => {
    const bench = new FollowerBench()
    const deltas = await bench.chain.publishMany(20)
    await bench.deliver(...deltas.map(({ frame }) => frame))
    assert.deepEqual(
      bench.heard,
      Array.from({ length: 20 }, (_, i) => i)
    )
    assert.deepEqual(bench.keeper.copy, bench.chain.newest.copy)
    assert.deepEqual([bench.refused, bench.source.calls, bench.failures], [[], [], []])
  })

  test('dates a version by when it was heard and by when it was ready', async () => {
    const bench = new FollowerBench()
    const { frame } = await bench.chain.publish()
    bench.now = 70
    bench.follower.receive(frame, 40)
    await bench.settled()
    const { heardAt, absorbedAt } = bench.follower.version!
    assert.deepEqual([heardAt, absorbedAt], [40, 70])
  })

  test('pulls a payload that did not ride along', async () => {
    const bench = new FollowerBench()
    const { frame, copy } = await bench.chain.publish()
    await bench.deliver({ header: frame.header })
    assert.deepEqual(bench.source.calls, ['payload'])
    assert.deepEqual(bench.keeper.copy, copy)
  })

  test('ignores repeated and late frames', async () => {
    const bench = new FollowerBench()
    const [first, second, third] = await bench.chain.publishMany(3)
    await bench.deliver(first!.frame, second!.frame, second!.frame, first!.frame, third!.frame)
    assert.deepEqual(bench.heard, [0, 1, 2])
    assert.deepEqual(bench.refused, ['replayed', 'replayed'])
    assert.deepEqual(bench.keeper.copy, bench.chain.newest.copy)
  })

  for (const missing of [1, MAX_GAP_DELTAS]) {
    test(`fills a gap of ${missing} with the deltas that are missing`, async () => {
      const bench = new FollowerBench()
      const deltas = await bench.chain.publishMany(missing + 2)
      await bench.deliver(deltas[0]!.frame, deltas.at(-1)!.frame)
      assert.deepEqual(bench.source.calls, [`deltas 1-${missing}`])
      assert.deepEqual(bench.keeper.copy, bench.chain.newest.copy)
      assert.equal(bench.follower.version!.header.seq, missing + 1)
    })
  }

  test('fetches the current copy for a larger gap', async () => {
    const bench = new FollowerBench()
    const deltas = await bench.chain.publishMany(MAX_GAP_DELTAS + 3)
    await bench.deliver(deltas[0]!.frame, deltas.at(-1)!.frame)
    assert.deepEqual(bench.source.calls, ['copy'])
    assert.deepEqual(bench.heard, [0, MAX_GAP_DELTAS + 2])
    assert.deepEqual(bench.keeper.copy, bench.chain.newest.copy)
  })

  test('fetches the current copy where the author no longer has what is missing', async () => {
    const bench = new FollowerBench()
    const deltas = await bench.chain.publishMany(4)
    bench.source.deltas = async () => []
    await bench.deliver(deltas[0]!.frame, deltas[3]!.frame)
    assert.deepEqual(bench.source.calls, ['copy'])
    assert.deepEqual(bench.keeper.copy, bench.chain.newest.copy)
  })

  test('fetches the current copy of an author that it meets in the middle of its chain', async () => {
    const bench = new FollowerBench()
    const deltas = await bench.chain.publishMany(3)
    await bench.deliver(deltas[2]!.frame)
    assert.deepEqual([bench.source.calls, bench.heard], [['copy'], [2]])
  })

  test('fetches the current copy when asked to, once for an author that answers', async () => {
    const bench = new FollowerBench()
    await bench.chain.publishMany(3)
    await bench.follower.resync(bench.now)
    assert.deepEqual([bench.source.calls, bench.heard], [['copy'], [2]])
    await bench.deliver((await bench.chain.publish()).frame)
    assert.deepEqual([bench.source.calls, bench.heard], [['copy'], [2, 3]])
  })

  for (const [name, count, strip] of [
    ['more than two announcements wait', 6, true],
    ['more than eight deltas with their payloads wait', MAX_GAP_DELTAS + 2, false]
  ] as const) {
    test(`fetches the current copy instead of queueing when ${name}`, async () => {
      const bench = new FollowerBench()
      const deltas = await bench.chain.publishMany(count)
      for (const { frame } of deltas) bench.follower.receive(strip ? { header: frame.header } : frame, bench.now)
      await bench.settled()
      assert.deepEqual(bench.source.calls.at(-1), 'copy')
      assert.deepEqual(bench.keeper.calls.at(-1), `adopt ${count - 1}`)
      assert.deepEqual(bench.keeper.copy, bench.chain.newest.copy)
      assert.deepEqual(
        bench.refused.filter((reason) => reason !== 'replayed'),
        []
      )
    })
  }

  test('keeps up with eight waiting deltas whose payloads are here, without fetching', async () => {
    const bench = new FollowerBench()
    const deltas = await bench.chain.publishMany(MAX_GAP_DELTAS + 1)
    for (const { frame } of deltas) bench.follower.receive(frame, bench.now)
    await bench.settled()
    assert.deepEqual([bench.source.calls, bench.heard], [[], deltas.map((_, seq) => seq)])
  })

  test('keeps up with two waiting announcements, whose payloads it fetches', async () => {
    const bench = new FollowerBench()
    const deltas = await bench.chain.publishMany(3)
    for (const { frame } of deltas) bench.follower.receive({ header: frame.header }, bench.now)
    await bench.settled()
    assert.deepEqual(
      [bench.source.calls, bench.heard],
      [
        ['payload', 'payload', 'payload'],
        [0, 1, 2]
      ]
    )
  })

  test('goes on with the next announcement after a fetch that failed', async () => {
    const bench = new FollowerBench()
    const deltas = await bench.chain.publishMany(12)
    const { copy } = bench.source
    bench.source.copy = async () => Promise.reject(new Error('busy'))
    await bench.deliver(deltas[10]!.frame)
    assert.deepEqual([bench.heard, bench.failures], [[], ['busy']])
    bench.source.copy = copy
    await bench.deliver(deltas[11]!.frame)
    assert.deepEqual(bench.heard, [11])
  })

  test('does nothing after it is closed, even with what was under way', async () => {
    const bench = new FollowerBench()
    const [first, second] = await bench.chain.publishMany(2)
    bench.follower.receive(first!.frame, bench.now)
    bench.follower.close()
    await bench.deliver(second!.frame)
    assert.deepEqual([bench.heard, bench.source.calls], [[], []])
  })

  test('ends without throwing when the keeper is gone', async () => {
    const bench = new FollowerBench()
    const [first, second] = await bench.chain.publishMany(2)
    bench.keeper.absorb = async () => Promise.reject(new Error('the thread stopped'))
    await bench.deliver(first!.frame, second!.frame)
    assert.deepEqual([bench.heard, bench.failures], [[], ['the thread stopped']])
  })
})

suite('chain follower of an author that starts again', () => {
  test('fetches nothing when the new chain starts from the copy that it holds', async () => {
    const bench = new FollowerBench()
    await bench.deliver((await bench.chain.publish()).frame)
    const restarted = bench.chainFrom(SECOND_START, bench.chain.newest.copy)
    for (const { frame } of await restarted.publishMany(2)) await bench.deliver(frame)
    assert.deepEqual([bench.heard, bench.source.calls, bench.refused], [[0, 0, 1], [], []])
    assert.deepEqual(bench.keeper.copy, restarted.newest.copy)
  })

  test('fetches the new copy when the new chain starts from another copy', async () => {
    const bench = new FollowerBench()
    await bench.deliver((await bench.chain.publish()).frame)
    const older = bench.chain.newest.copy
    await bench.deliver((await bench.chain.publish()).frame)
    const restarted = bench.chainFrom(SECOND_START, older)
    bench.source.chain = restarted
    await bench.deliver((await restarted.publish()).frame)
    assert.deepEqual(bench.source.calls, ['copy'])
    assert.deepEqual(bench.keeper.copy, restarted.newest.copy)
  })

  for (const isRecalled of [true, false]) {
    const title = isRecalled
      ? 'takes up what was held of an author that comes back on a new link, and fetches nothing'
      : 'control: fetches the copy where nothing was held of it'
    test(title, async () => {
      const bench = new FollowerBench()
      for (const { frame } of await bench.chain.publishMany(3)) await bench.deliver(frame)
      const { version } = bench.follower
      const restarted = bench.chainFrom(SECOND_START, bench.chain.newest.copy)
      bench.source.chain = restarted
      bench.reopen()
      if (isRecalled) bench.follower.recall(version!)
      const { frame, copy } = await restarted.publish()
      await bench.deliver(frame)
      assert.deepEqual(bench.source.calls, isRecalled ? [] : ['copy'])
      assert.deepEqual(bench.keeper.copy, copy)
      await bench.deliver(bench.chain.newest.frame)
      assert.deepEqual(bench.refused, ['replayed'], 'and it is the newer start')
    })
  }

  test('fetches the copy of an author that comes back with another than was held', async () => {
    const bench = new FollowerBench()
    const [older] = await bench.chain.publishMany(3)
    for (const { frame } of bench.chain.published) await bench.deliver(frame)
    const restarted = bench.chainFrom(SECOND_START, older!.copy)
    bench.source.chain = restarted
    const { version } = bench.follower
    bench.reopen()
    bench.follower.recall(version!)
    await bench.deliver((await restarted.publish()).frame)
    assert.deepEqual(bench.source.calls, ['copy'])
    assert.deepEqual(bench.keeper.copy, restarted.newest.copy)
  })

  test('starts over from the initial copy without fetching when the author does', async () => {
    const bench = new FollowerBench()
    for (const { frame } of await bench.chain.publishMany(3)) await bench.deliver(frame)
    const restarted = bench.chainFrom(SECOND_START, bench.initial)
    await bench.deliver((await restarted.publish()).frame)
    assert.deepEqual([bench.heard, bench.source.calls], [[0, 1, 2, 0], []])
    assert.deepEqual(bench.keeper.copy, restarted.newest.copy)
  })

  test('keeps the copy that it holds while the first payload of a new chain cannot be had', async () => {
    const bench = new FollowerBench()
    for (const { frame } of await bench.chain.publishMany(3)) await bench.deliver(frame)
    const restarted = bench.chainFrom(SECOND_START, bench.initial)
    const { frame } = await restarted.publish()
    await bench.deliver({ header: frame.header })
    assert.deepEqual(bench.failures, ['no such payload'])
    assert.deepEqual(bench.keeper.copy, bench.chain.newest.copy, 'the version named is the copy held')
  })

  test('follows ten starts an hour of one author, and no more', async () => {
    const bench = new FollowerBench()
    for (let start = 1; start <= 15; start++) {
      const restarted = bench.chainFrom(filled(16, start), bench.initial)
      await bench.deliver((await restarted.publish()).frame)
    }
    assert.equal(bench.heard.length, 10)
    assert.deepEqual(bench.refused, Array(5).fill('replayed'))
    bench.now += 3_600_000
    await bench.deliver((await bench.chainFrom(filled(16, 99), bench.initial).publish()).frame)
    assert.equal(bench.heard.length, 11)
  })

  test('refuses the older of two starts, as frames and as a fetched copy', async () => {
    const bench = new FollowerBench()
    const restarted = bench.chainFrom(SECOND_START, bench.initial)
    await bench.deliver((await restarted.publish()).frame)
    const old = await bench.chain.publishMany(20)
    await bench.deliver(old[0]!.frame, old[19]!.frame)
    assert.deepEqual([bench.heard, bench.refused], [[0], ['replayed', 'replayed']])
    await bench.follower.resync(bench.now)
    assert.deepEqual([bench.source.calls, bench.refused.length], [['copy'], 3])
    assert.deepEqual(bench.keeper.copy, restarted.newest.copy)
  })

  test('does not take a restart for equivocation, though the copy was lost in between', async () => {
    const bench = new FollowerBench()
    await bench.deliver((await bench.chain.publish()).frame)
    bench.keeper.copy = undefined
    bench.source.copy = async () => Promise.reject(new Error('busy'))
    await bench.deliver((await bench.chain.publish()).frame)
    assert.equal(bench.follower.version, undefined)
    const restarted = bench.chainFrom(SECOND_START, bench.initial)
    await bench.deliver((await restarted.publish()).frame)
    assert.deepEqual(bench.refused, ['gap'])
    assert.deepEqual(bench.keeper.copy, restarted.newest.copy)
  })
})
