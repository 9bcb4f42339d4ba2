import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from '@ipld/dag-cbor'
import { concat } from 'uint8arrays/concat'
import type { RefusalReason } from '../../../../protocols/envelope/index.ts'
import { parseManifest } from '../../../../protocols/envelope/index.ts'
import { refusal } from './refusals.ts'
import { filled, manifest } from './samples.ts'

const MIB = 1024 * 1024

/** A map whose only key is "v", with this hexadecimal CBOR as its value. */
function mapWith(value: string): Uint8Array {
  return new Uint8Array(Buffer.from(`a16176${value}`, 'hex'))
}

const FORGED: readonly (readonly [name: string, value: string, reason: RefusalReason])[] = [
  ['a byte string of 2^31', '5a80000000', 'truncated'],
  ['a byte string of 2^53 + 1', '5b0020000000000001', 'truncated'],
  ['a byte string of 2^64 - 1', '5bffffffffffffffff', 'truncated'],
  ['a text of 2^31', '7a80000000', 'truncated'],
  ['a list of 2^31', '9a80000000', 'truncated'],
  ['a map of 2^63', 'bb8000000000000000', 'truncated'],
  ['an argument that is cut off', '1a0000', 'truncated'],
  ['a byte string of unknown length', '5f4101ff', 'shape'],
  ['a list of unknown length', '9f01ff', 'shape'],
  ['a tag other than 42', 'c101', 'shape'],
  ['a link that is no CID', 'd82a4100', 'shape'],
  ['undefined', 'f7', 'shape'],
  ['a float of 16 bits', 'f93c00', 'shape'],
  ['an integer longer than it needs', '1801', 'shape'],
  ['minus zero', 'fb8000000000000000', 'shape'],
  ['NaN', 'fb7ff8000000000000', 'non-finite'],
  ['infinity', 'fb7ff0000000000000', 'non-finite'],
  ['minus infinity', 'fbfff0000000000000', 'non-finite']
]

describe('forged CBOR', () => {
  for (const [name, value, reason] of FORGED) {
    it(`refuses ${name} as ${reason}`, () => {
      assert.throws(() => parseManifest(mapWith(value)), refusal(reason))
    })
  }

  it('refuses a repeated key, trailing bytes and what is not a map', () => {
    assert.throws(() => parseManifest(new Uint8Array(Buffer.from('a2617601617601', 'hex'))), refusal('shape', /repeat/))
    assert.throws(() => parseManifest(concat([encode({ v: 1 }), filled(3, 0)])), refusal('shape', /3 more follow/))
    assert.throws(() => parseManifest(encode([1])), refusal('shape', /not a map/))
    assert.throws(() => parseManifest(filled(0, 0)), refusal('truncated'))
  })

  it('refuses deep nesting without recursing into it', () => {
    const lists = concat([mapWith(''), filled(900_000, 0x81)])
    assert.throws(() => parseManifest(lists), refusal('shape', /deeper than 16/))
    const tags = concat([mapWith(''), ...Array.from({ length: 1000 }, () => Uint8Array.of(0xd8, 42))])
    assert.throws(() => parseManifest(tags), refusal('shape', /deeper than 16/))
  })

  it('accepts extensions as deep as the limit and no deeper', () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)])
    // Two of the sixteen levels are the record and `ext`.
    parseManifest(encode({ ...manifest, ext: { deep: nested(14) } }))
    assert.throws(() => parseManifest(encode({ ...manifest, ext: { deep: nested(15) } })), refusal('shape', /deeper/))
  })

  it('refuses every prefix of a record as truncated', () => {
    const whole = encode(manifest)
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => parseManifest(whole.subarray(0, length)), refusal('truncated'))
    }
  })

  it('allocates nothing of what is claimed', () => {
    const claims = ['5a80000000', '5b0000000100000000', '7a80000000', '9a80000000', 'ba80000000'].map(mapWith)
    const refuseAll = () => {
      for (const claim of claims) {
        assert.throws(() => parseManifest(claim), refusal('truncated'))
      }
    }
    refuseAll()
    assert.ok(bytesAllocated(refuseAll) < MIB)
    // Control: the meter sees an allocation of a hundredth of the claim.
    assert.ok(bytesAllocated(() => new Uint8Array(20 * MIB)) >= 20 * MIB)
  })
})

function bytesAllocated(work: () => unknown): number {
  const before = process.memoryUsage()
  const kept = work()
  const after = process.memoryUsage()
  assert.ok(kept !== null)
  return after.arrayBuffers + after.heapUsed - before.arrayBuffers - before.heapUsed
}
