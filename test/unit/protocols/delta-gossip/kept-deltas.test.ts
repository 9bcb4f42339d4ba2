import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import { KeptDeltas } from '../../../../protocols/delta-gossip/kept-deltas.ts'
import { parseDeltaHeader } from '../../../../protocols/envelope/index.ts'
import { filled } from '../envelope/samples.ts'
import { AuthorChain } from './author-chain.ts'

const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
const incarnation = filled(16, 1)

async function keptOf(deltas: number, parameters = 100) {
  const chain = new AuthorChain({ key, incarnation, start: new Float32Array(parameters) })
  const kept = new KeptDeltas()
  for (const { frame } of await chain.publishMany(deltas)) kept.add(await parseDeltaHeader(frame.header), frame.payload)
  return { kept, frames: chain.published.map(({ frame }) => frame), header: chain.newest.header }
}

suite('deltas kept for others', () => {
  test('are given by start and number, oldest first, and by the root of their payload', async () => {
    const { kept, frames, header } = await keptOf(5)
    assert.deepEqual(kept.range(incarnation, 1, 3), frames.slice(1, 4))
    assert.deepEqual(kept.range(filled(16, 2), 1, 3), [], 'of another start')
    assert.deepEqual(kept.payload(header.payload.root), frames[4]!.payload)
  })

  test('are the newest eight', async () => {
    const { kept, frames } = await keptOf(11)
    assert.deepEqual(kept.range(incarnation, 0, 10), frames.slice(3))
  })

  test('are copies: the buffer of a payload goes on to the worker', async () => {
    const { kept, frames } = await keptOf(1)
    const payload = frames[0]!.payload.slice()
    frames[0]!.payload.fill(0)
    assert.deepEqual(kept.range(incarnation, 0, 0)[0]!.payload, payload)
  })

  test('are none of a large model, whose copy costs as much as a few of them', async () => {
    const { kept } = await keptOf(1, 200_000)
    assert.deepEqual(kept.range(incarnation, 0, 0), [])
  })

  test('are none once a delta was found wrong', async () => {
    const { kept } = await keptOf(3)
    kept.clear()
    assert.deepEqual(kept.range(incarnation, 0, 9), [])
  })
})
