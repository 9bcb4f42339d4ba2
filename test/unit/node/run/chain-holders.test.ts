import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { type ChainHolder, chainHolders } from '../../../../node/run/chain-holders.ts'
import type { DeltaFrame } from '../../../../protocols/delta-gossip/index.ts'
import { authorOf, InvalidRecordError } from '../../../../protocols/envelope/index.ts'
import { AuthorChain, bytesOf } from '../../protocols/delta-gossip/author-chain.ts'
import { filled } from '../../protocols/envelope/samples.ts'

const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
const otherKey = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(2))
const incarnation = filled(16, 1)
const chain = new AuthorChain({ key, incarnation, start: new Float32Array(100) })
await chain.publishMany(4)
const { frame, header, copy } = chain.newest
const signedCopy = { header: frame.header, copy: bytesOf(copy) }
const frames = chain.published.map((published) => published.frame)

const gone = () => Promise.reject(new Error('gone'))
const GONE: ChainHolder = { payload: gone, deltas: gone, copy: gone, copyOf: gone }
const HOLDS: ChainHolder = {
  ...GONE,
  payload: async () => frame.payload,
  deltas: async () => frames,
  copy: async () => signedCopy,
  copyOf: async () => signedCopy
}

/** Asks for a chain whose author and neighbours are these. */
function sourceOf(author: ChainHolder, neighbours: Readonly<Record<string, ChainHolder>>) {
  const blamed: string[] = []
  const source = chainHolders({
    author: 'author',
    authorBytes: authorOf(key),
    holder: (id) => (id === 'author' ? author : neighbours[id]!),
    others: () => ['author', ...Object.keys(neighbours)],
    onRefused: (id, reason) => blamed.push(`${id}: ${reason}`)
  })
  return { source, blamed }
}

async function ofAnother(): Promise<DeltaFrame> {
  const other = new AuthorChain({ key: otherKey, incarnation, start: new Float32Array(100) })
  return (await other.publish()).frame
}

describe('a chain', () => {
  it('comes from its author where that answers, without a question to anybody else', async () => {
    const { source } = sourceOf(HOLDS, { b: { ...GONE, copyOf: () => assert.fail('b was asked') } })
    assert.equal(await source.copy(), signedCopy)
    assert.equal(await source.deltas(incarnation, 0, 3), frames)
    assert.equal(await source.payload(header.payload.root, 1), frame.payload)
  })

  it('comes from a neighbour that holds it where the author is gone', async () => {
    const { source, blamed } = sourceOf(GONE, { b: GONE, c: HOLDS })
    assert.equal(await source.copy(), signedCopy)
    assert.equal(await source.deltas(incarnation, 0, 3), frames)
    assert.equal(await source.payload(header.payload.root, 1), frame.payload)
    assert.deepEqual(blamed, [])
  })

  it("cannot be had where nobody holds it, and the reason is the author's", async () => {
    const { source, blamed } = sourceOf(GONE, { b: { ...GONE, deltas: async () => [] }, c: GONE })
    await assert.rejects(source.copy(), /gone/)
    await assert.rejects(source.deltas(incarnation, 0, 3), /gone/)
    assert.deepEqual(blamed, [])
  })

  it('asks nobody else about what its author says wrong', async () => {
    const wrong = async () => Promise.reject(new InvalidRecordError('wrong-length', 'too long'))
    const { source } = sourceOf({ ...GONE, copy: wrong }, { b: HOLDS })
    await assert.rejects(source.copy(), { reason: 'wrong-length' })
  })

  const lies: readonly [what: string, lie: Partial<ChainHolder>, reason: string][] = [
    ['another copy', { copyOf: async () => ({ ...signedCopy, copy: new Uint8Array(400) }) }, 'state-mismatch'],
    [
      "another author's copy",
      { copyOf: async () => ({ header: (await ofAnother()).header, copy: signedCopy.copy }) },
      'wrong-author'
    ],
    ['a header that nobody signed', { copyOf: async () => ({ ...signedCopy, header: filled(300, 3) }) }, 'shape']
  ]
  for (const [what, lie, reason] of lies) {
    it(`control: takes no ${what.replace(/^an? /, '')} from a neighbour, and blames the neighbour`, async () => {
      const { source, blamed } = sourceOf(GONE, { liar: { ...GONE, ...lie } })
      await assert.rejects(source.copy(), /gone/)
      assert.deepEqual(blamed, [`liar: ${reason}`])
      const withHonest = sourceOf(GONE, { liar: { ...GONE, ...lie }, honest: HOLDS })
      assert.equal(await withHonest.source.copy(), signedCopy)
    })
  }

  it('control: takes no delta of another author, and no other payload, from a neighbour', async () => {
    const foreign = sourceOf(GONE, { liar: { ...GONE, deltas: async () => [await ofAnother()] } })
    await assert.rejects(foreign.source.deltas(incarnation, 0, 3), /gone/)
    assert.deepEqual(foreign.blamed, ['liar: wrong-author'])
    const swapped = { header: frame.header, payload: frame.payload.map((byte) => byte ^ 1) }
    const payload = sourceOf(GONE, {
      liar: { ...GONE, deltas: async () => [swapped], payload: async () => swapped.payload }
    })
    await assert.rejects(payload.source.deltas(incarnation, 0, 3), /gone/)
    await assert.rejects(payload.source.payload(header.payload.root, 1), /gone/)
    assert.deepEqual(payload.blamed, ['liar: payload-mismatch', 'liar: payload-mismatch'])
  })
})
