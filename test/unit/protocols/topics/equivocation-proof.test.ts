import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { type DeltaHeader, InvalidRecordError, sealDeltaHeader } from '../../../../protocols/envelope/index.ts'
import { MAX_EQUIVOCATION_PROOF_BYTES } from '../../../../protocols/topics/equivocation-proof.ts'
import { encodeEquivocationProof, parseEquivocationProof } from '../../../../protocols/topics/index.ts'
import { refusal } from '../envelope/refusals.ts'
import { author, deltaHeader, filled, key, otherAuthor, otherKey } from '../envelope/samples.ts'

const MUTATIONS = 2000

const sealed = (changes: Partial<DeltaHeader> = {}) => sealDeltaHeader({ ...deltaHeader, ...changes }, key)

suite('equivocation proof', () => {
  test('names the author of two bodies for one sequence number', async () => {
    const proof = encodeEquivocationProof(await sealed(), await sealed({ round: 13 }))
    assert.deepEqual(await parseEquivocationProof(proof), { author, run: deltaHeader.run })
    const other = { ...deltaHeader, author: otherAuthor }
    const theirs = encodeEquivocationProof(
      await sealDeltaHeader(other, otherKey),
      await sealDeltaHeader({ ...other, norm: 1 }, otherKey)
    )
    assert.deepEqual((await parseEquivocationProof(theirs)).author, otherAuthor)
  })

  test('fits its bound with two headers of the largest size', () => {
    const proof = encodeEquivocationProof(filled(2048, 1), filled(2048, 2))
    assert.ok(proof.byteLength <= MAX_EQUIVOCATION_PROOF_BYTES)
  })

  test('is refused for two headers that do not contradict each other', async () => {
    const honest = await sealed()
    const elsewhere = [
      honest,
      await sealed({ seq: 2 }),
      await sealed({ incarnation: filled(16, 9) }),
      await sealDeltaHeader({ ...deltaHeader, author: otherAuthor, round: 13 }, otherKey)
    ]
    for (const second of elsewhere) {
      await assert.rejects(parseEquivocationProof(encodeEquivocationProof(honest, second)), refusal('contradiction'))
    }
  })

  test('is refused when the author did not sign both', async () => {
    const [first, second] = [await sealed(), await sealed({ round: 13 })]
    const at = Buffer.from(second).indexOf('signature') + 30
    second[at]! ^= 1
    await assert.rejects(parseEquivocationProof(encodeEquivocationProof(first, second)), refusal('signature'))
  })

  test('is refused as anything but a list of two byte strings', async () => {
    const header = await sealed()
    for (const value of [[header], [header, header, header], [header, 'text'], { header }, null, 7]) {
      await assert.rejects(parseEquivocationProof(encode(value)), refusal('shape'))
    }
    await assert.rejects(parseEquivocationProof(new Uint8Array()), refusal('truncated'))
    await assert.rejects(parseEquivocationProof(filled(MAX_EQUIVOCATION_PROOF_BYTES + 1, 0)), refusal('oversized'))
  })

  test('throws nothing but InvalidRecordError when mutated', async () => {
    const proof = encodeEquivocationProof(await sealed(), await sealed({ round: 13 }))
    const change = fc.tuple(fc.nat(proof.byteLength - 1), fc.nat(255))
    const property = fc.asyncProperty(
      fc.array(change, { minLength: 1, maxLength: 3 }),
      fc.boolean(),
      async (changes, cut) => {
        const mutated = proof.slice(0, cut ? changes[0]![0] : proof.byteLength)
        for (const [at, value] of changes) if (at < mutated.length) mutated[at] = value
        await parseEquivocationProof(mutated).catch((error) =>
          assert.ok(error instanceof InvalidRecordError, `${error}`)
        )
      }
    )
    await fc.assert(property, { seed: 3, numRuns: MUTATIONS })
  })
})
