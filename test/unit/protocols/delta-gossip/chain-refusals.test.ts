import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { equals } from 'uint8arrays/equals'
import { type DeltaHeader, parseDeltaHeader, recordCid, sealDeltaHeader } from '../../../../protocols/envelope/index.ts'
import { encodeEquivocationProof, parseEquivocationProof } from '../../../../protocols/topics/index.ts'
import { author, filled, key, otherAuthor, otherKey } from '../envelope/samples.ts'
import { AuthorChain, bytesOf } from './author-chain.ts'
import { FIRST_START, FollowerBench, SECOND_START, THIRD_START } from './follower-bench.ts'

/** A follower that holds delta 0, and the author's delta 1. */
async function atDeltaOne() {
  const bench = new FollowerBench()
  await bench.deliver((await bench.chain.publish()).frame)
  const { frame, header } = await bench.chain.publish()
  return { bench, frame, header }
}

/** The frame with other fields in its header, rightly signed. */
async function resigned(header: DeltaHeader, changes: Partial<DeltaHeader>, payload?: Uint8Array) {
  const sealed = await sealDeltaHeader({ ...header, ...changes }, key)
  return payload === undefined ? { header: sealed } : { header: sealed, payload }
}

suite('chain follower refuses', () => {
  const wrongFields = {
    'wrong-run': { run: recordCid(filled(1, 99)).bytes },
    'unknown-codec': { codec: 'f32', payload: { bytes: 4 * 301, root: recordCid(filled(1, 5)).bytes } },
    'wrong-length': { length: 300, payload: { bytes: 158, root: recordCid(filled(1, 5)).bytes } }
  } as const satisfies Readonly<Record<string, Partial<DeltaHeader>>>

  for (const [reason, changes] of Object.entries(wrongFields)) {
    test(`a header for ${reason}, and takes the right one after it`, async () => {
      const { bench, frame, header } = await atDeltaOne()
      await bench.deliver(await resigned(header, changes, frame.payload))
      assert.deepEqual([bench.refused, bench.heard], [[reason], [0]])
      await bench.deliver(frame)
      assert.deepEqual([bench.refused, bench.heard], [[reason], [0, 1]])
    })
  }

  test('an echo of somebody else, though it is rightly signed', async () => {
    const { bench, frame } = await atDeltaOne()
    const echo = new AuthorChain({ key: otherKey, incarnation: SECOND_START, start: bench.initial })
    await bench.deliver((await echo.publish()).frame, frame)
    assert.deepEqual([bench.refused, bench.heard], [['wrong-author'], [0, 1]])
    assert.equal(equals(author, otherAuthor), false)
  })

  test('a header whose signature is not that of its author', async () => {
    const { bench, frame } = await atDeltaOne()
    const forged = frame.header.slice()
    const at = Buffer.from(forged).indexOf('signature') + 'signature'.length + 20
    forged[at]! ^= 1
    await bench.deliver({ header: forged, payload: frame.payload }, frame)
    assert.deepEqual([bench.refused, bench.heard], [['signature'], [0, 1]])
  })

  test('bytes that are no header', async () => {
    const { bench, frame } = await atDeltaOne()
    await bench.deliver({ header: filled(100, 0xff) }, { header: new Uint8Array() }, { header: filled(4096, 1) }, frame)
    assert.deepEqual(bench.refused, ['shape', 'truncated', 'oversized'])
    assert.deepEqual(bench.heard, [0, 1])
  })

  test('a payload that is not the one of the header, inline and pulled, and keeps its copy', async () => {
    const { bench, frame } = await atDeltaOne()
    const other = frame.payload.slice()
    other[20]! ^= 0x11
    await bench.deliver({ header: frame.header, payload: other })
    await bench.deliver({ header: frame.header, payload: frame.payload.slice(1) })
    const { payload } = bench.source
    bench.source.payload = async () => other
    await bench.deliver({ header: frame.header })
    assert.deepEqual(bench.refused, ['payload-mismatch', 'payload-mismatch', 'payload-mismatch'])
    bench.source.payload = payload
    await bench.deliver(frame)
    assert.deepEqual([bench.heard, bench.keeper.copy], [[0, 1], bench.chain.newest.copy])
  })

  test('a copy that is not the one that the author signed', async () => {
    const bench = new FollowerBench()
    const deltas = await bench.chain.publishMany(20)
    const { frame, copy } = deltas[19]!
    const other = copy.slice()
    other[0] = 7
    bench.source.copy = async () => ({ header: frame.header, copy: bytesOf(other) })
    await bench.deliver(deltas[18]!.frame)
    assert.deepEqual([bench.refused, bench.heard], [['state-mismatch'], []])
    bench.source.copy = async () => ({ header: frame.header, copy: bytesOf(copy).slice(4) })
    await bench.deliver(frame)
    assert.deepEqual([bench.refused, bench.heard], [['state-mismatch', 'wrong-length'], []])
  })

  test('a state hash that the eighth delta does not lead to, and fetches the copy', async () => {
    const bench = new FollowerBench()
    for (let i = 0; i < 8; i++) await bench.deliver((await bench.chain.publish()).frame)
    const lying = await bench.chain.publish({ stateHash: filled(32, 9) })
    await bench.deliver(lying.frame)
    assert.deepEqual([bench.refused[0], bench.heard.at(-1)], ['state-mismatch', 7])
    const next = await bench.chain.publish()
    await bench.deliver(next.frame)
    assert.deepEqual([bench.heard.at(-1), bench.keeper.copy], [9, next.copy])
  })

  test('deltas that come faster than the run allows, once a burst is used up', async () => {
    const bench = new FollowerBench({ minRoundMs: 100 })
    const deltas = await bench.chain.publishMany(12)
    await bench.deliver(...deltas.slice(0, 10).map(({ frame }) => frame))
    assert.deepEqual([bench.heard.length, bench.refused], [8, ['rate', 'rate']])
    bench.now = 100
    await bench.deliver(deltas[10]!.frame)
    assert.equal(bench.follower.version!.header.seq, 10)
    await bench.deliver(deltas[11]!.frame)
    assert.equal(bench.refused.length, 3)
  })

  test('equivocation, with a proof that convinces others, before and after the first body was mixed', async () => {
    const { bench, frame, header } = await atDeltaOne()
    const second = await resigned(header, { round: 77 })
    await bench.deliver(frame, second)
    assert.deepEqual([bench.refused, bench.heard], [['equivocation'], [0, 1]])
    const [a, b] = bench.proofs[0]!
    assert.deepEqual((await parseEquivocationProof(encodeEquivocationProof(a!, b!))).author, author)
    assert.notDeepEqual((await parseDeltaHeader(a!)).hash, (await parseDeltaHeader(b!)).hash)
  })

  test('equivocation within a newer start whose copy could not be had', async () => {
    const { bench } = await atDeltaOne()
    bench.source.copy = async () => Promise.reject(new Error('busy'))
    const elsewhere = bench.chainFrom(
      THIRD_START,
      bench.initial.map((x) => x + 1)
    )
    const { frame, header } = await elsewhere.publish()
    await bench.deliver(frame, await resigned(header, { round: 77 }))
    assert.deepEqual(bench.refused, ['equivocation'])
  })

  test('nothing of the same body signed twice', async () => {
    const { bench, frame, header } = await atDeltaOne()
    await bench.deliver(frame, await resigned(header, {}))
    assert.deepEqual([bench.refused, bench.proofs], [['replayed'], []])
    assert.deepEqual(bench.follower.version!.header.incarnation, FIRST_START)
  })
})
