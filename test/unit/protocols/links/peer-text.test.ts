import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { peerBytes, peerText } from '../../../../protocols/links/index.ts'
import { author } from '../envelope/samples.ts'

/** Peer ids of arbitrary Ed25519 keys, multihash bytes. */
const peerId = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((key) => Buffer.concat([author.subarray(0, author.length - key.length), key]))

suite('peer id as text', () => {
  test('turns into the same bytes again', () => {
    fc.assert(
      fc.property(peerId, (bytes) => assert.deepEqual(Buffer.from(peerBytes(peerText(bytes))), bytes)),
      { seed: 1 }
    )
  })

  test('sorts as the bytes do, so that a checkpoint is summed in the same order by either', () => {
    fc.assert(
      fc.property(peerId, peerId, (a, b) => {
        const byText = peerText(a) < peerText(b) ? -1 : peerText(a) === peerText(b) ? 0 : 1
        assert.equal(byText, Math.sign(Buffer.compare(a, b)))
      }),
      { seed: 2, numRuns: 1000 }
    )
  })
})
