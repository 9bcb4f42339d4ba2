import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from '@ipld/dag-cbor'
import fc from 'fast-check'
import { payloadBytes } from '../../../../protocols/averaging/index.ts'
import type { Codec, DeltaHeader, RefusalReason } from '../../../../protocols/envelope/index.ts'
import {
  deltaCid,
  openEnvelope,
  parseDeltaHeader,
  recordHash,
  sealDeltaHeader,
  sealEnvelope
} from '../../../../protocols/envelope/index.ts'
import { refusal } from './refusals.ts'
import { author, beacon, deltaHeader, filled, key, otherKey, run } from './samples.ts'

const LIMITS = { type: 'delta', maxBytes: 2048 }
/** Codec byte of a CID, after the version. */
const CID_CODEC_AT = 1
const RAW_CODEC = 0x55

/** A header as a stranger may send it: signed, with no rule applied. */
async function forge(changes: Record<string, unknown>): Promise<Uint8Array> {
  return await sealEnvelope('delta', encode({ ...deltaHeader, ...changes }), key)
}

function rawRoot(): Uint8Array {
  return run.with(CID_CODEC_AT, RAW_CODEC)
}

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length })
const reference = bytes(32).map((digest) => Uint8Array.of(1, 0x71, 0x12, 32, ...digest))
const double = (min: number, max: number) => fc.double({ min, max, noNaN: true }).map((value) => value + 0)

const anyHeader: fc.Arbitrary<DeltaHeader> = fc
  .record(
    {
      run: reference,
      author: fc.constant(author),
      incarnation: bytes(16),
      seq: fc.integer({ min: 1, max: 0xffff_ffff }),
      prev: reference,
      base: bytes(32),
      round: fc.nat(1e7),
      phase: fc.constantFrom('training', 'closing', 'done'),
      steps: fc.nat(),
      trainMs: double(0, 1e7),
      codec: fc.constantFrom<Codec>('f32', 'f16', 'int8', 'int4'),
      length: fc.integer({ min: 1, max: 64 * 1024 * 1024 }),
      norm: double(0, 1e9),
      degree: fc.nat(1024),
      stateHash: bytes(32),
      engine: fc.constantFrom('pure', 'wasm/4.22.0', 'native 测试'),
      samples: fc.nat(),
      loss: double(-1e6, 1e6),
      epsilon: double(0, 100)
    },
    { noNullPrototype: true }
  )
  .chain((header) =>
    reference.map((root) => ({ ...header, payload: { bytes: payloadBytes(header.codec, header.length), root } }))
  )

describe('delta header', () => {
  it('gives back any header that was sealed', async () => {
    const property = fc.asyncProperty(anyHeader, async (header) => {
      const sealed = await sealDeltaHeader(header, key)
      const parsed = await parseDeltaHeader(sealed)
      assert.deepEqual(parsed.header, header)
      assert.equal(parsed.bytes, sealed)
    })
    await fc.assert(property, { seed: 2, numRuns: 200 })
  })

  it('is named by its body, so that signing twice does not fork a chain', async () => {
    const sealed = await sealDeltaHeader(deltaHeader, key)
    const { body } = openEnvelope(sealed, LIMITS)
    const { hash, cid } = await parseDeltaHeader(sealed)
    assert.deepEqual(hash, recordHash(body))
    assert.deepEqual(cid.bytes, deltaCid(body).bytes)
    assert.notDeepEqual(hash, recordHash(sealed))
  })

  it('can be the prev of the next header', async () => {
    const { cid } = await parseDeltaHeader(await sealDeltaHeader(deltaHeader, key))
    await parseDeltaHeader(await sealDeltaHeader({ ...deltaHeader, seq: 2, prev: cid.bytes }, key))
  })

  it('refuses a header that another key signed', async () => {
    const body = encode(deltaHeader)
    await assert.rejects(parseDeltaHeader(await sealEnvelope('delta', body, otherKey)), refusal('signature'))
    await assert.rejects(sealDeltaHeader(deltaHeader, otherKey), refusal('signature'))
    // Control: the author's own signature over the same body.
    await parseDeltaHeader(await sealEnvelope('delta', body, key))
  })

  it('refuses a signature that was made for a record of another type', async () => {
    const body = encode(deltaHeader)
    const { signature } = openEnvelope(await sealEnvelope('beacon', body, key), { ...LIMITS, type: 'beacon' })
    await assert.rejects(parseDeltaHeader(encode({ v: 1, type: 'delta', body, signature })), refusal('signature'))
  })

  it('refuses a header in which any one byte was changed', async () => {
    const sealed = await sealDeltaHeader(deltaHeader, key)
    for (let index = 0; index < sealed.length; index++) {
      const tampered = sealed.with(index, sealed[index]! ^ 1)
      await assert.rejects(parseDeltaHeader(tampered), { code: 'ERR_INVALID_RECORD' })
    }
  })

  it('ignores unknown keys, and refuses those that the header calls critical', async () => {
    const { header } = await parseDeltaHeader(await forge({ later: 1, ext: { more: [1] } }))
    assert.deepEqual(header, { ...deltaHeader, ext: { more: [1] } })
    await parseDeltaHeader(await forge({ later: 1, critical: ['seq'] }))

    const critical = async (names: unknown) => await parseDeltaHeader(await forge({ later: 1, critical: names }))
    await assert.rejects(critical(['seq', 'later']), refusal('unknown-critical', /"later"/))
    await assert.rejects(critical(['toString']), refusal('unknown-critical'))
    await assert.rejects(critical(['ext']), refusal('unknown-critical'))
    await assert.rejects(critical([{ toString: 1, valueOf: 1 }]), refusal('shape'))
    await assert.rejects(critical('later'), refusal('shape'))
  })

  it('refuses an oversized header', async () => {
    await assert.rejects(parseDeltaHeader(await forge({ later: filled(2048, 0) })), refusal('oversized'))
    const ext = { padding: filled(2000, 0) }
    await assert.rejects(sealDeltaHeader({ ...deltaHeader, ext }, key), refusal('oversized'))
  })

  it('refuses IPLD links: a pin would follow them', async () => {
    const { cid } = await parseDeltaHeader(await sealDeltaHeader(deltaHeader, key))
    await assert.rejects(parseDeltaHeader(await forge({ prev: cid })), refusal('shape'))
    await assert.rejects(parseDeltaHeader(await forge({ later: cid })), refusal('shape', /1 links/))
  })

  it('tells what is wrong, in the order of shape, range and signature', async () => {
    const wrong: readonly (readonly [Record<string, unknown>, RefusalReason, RegExp])[] = [
      [{ seq: '1' }, 'shape', /seq is "1"/],
      [{ run: run.subarray(1) }, 'shape', /run is not the 36 bytes/],
      [{ author: filled(38, 0) }, 'shape', /author is not/],
      [{ seq: '1', round: -1 }, 'shape', /seq/],
      [{ round: -1 }, 'range', /round is -1/],
      [{ round: 0.5 }, 'range', /round is 0.5/],
      [{ steps: 2n ** 60n }, 'shape', /steps is 1152921504606846976/],
      [{ trainMs: -0.5 }, 'range', /trainMs is -0.5/],
      [{ norm: -1 }, 'range', /norm is -1/],
      [{ degree: 1025 }, 'range', /degree is 1025/],
      [{ length: 0 }, 'range', /length is 0/],
      [{ engine: 'x'.repeat(65) }, 'range', /engine/],
      [{ engine: 'wasm\u001b[2J' }, 'range', /control characters|engine/],
      [{ codec: 'int2' }, 'unknown-codec', /codec is "int2": this version knows only "f32", "f16", "int8", "int4"/],
      [{ phase: 'asleep' }, 'unsupported', /phase is "asleep"/],
      [{ seq: 0 }, 'contradiction', /seq 0 with a prev/],
      [{ prev: null }, 'contradiction', /seq 1 with no prev/],
      [{ payload: { ...deltaHeader.payload, bytes: 336 } }, 'payload-mismatch', /336 bytes .* take 337/],
      [{ length: 2 ** 22, payload: { bytes: 2_162_688, root: rawRoot() } }, 'payload-mismatch', /one raw block/]
    ]
    for (const [changes, reason, message] of wrong) {
      await assert.rejects(parseDeltaHeader(await forge(changes)), refusal(reason, message))
    }
  })

  it('refuses to seal a number that is not finite', async () => {
    for (const loss of [Number.NaN, Number.POSITIVE_INFINITY]) {
      await assert.rejects(sealDeltaHeader({ ...deltaHeader, loss }, key), refusal('non-finite', /loss/))
    }
    const ext = { number: Number.NaN }
    await assert.rejects(sealDeltaHeader({ ...deltaHeader, ext }, key), refusal('shape', /cannot be encoded/))
  })

  it('refuses a signed header with a number that is not finite', async () => {
    const body = encode({ ...deltaHeader, loss: 0.5 })
    const half = Buffer.from('3fe0000000000000', 'hex')
    const infinity = Buffer.from('7ff0000000000000', 'hex')
    const at = Buffer.from(body).indexOf(half)
    const forged = Uint8Array.from(body)
    forged.set(infinity, at)
    await assert.rejects(parseDeltaHeader(await sealEnvelope('delta', forged, key)), refusal('non-finite'))
  })

  it('is not confused by another kind of record', async () => {
    const sealed = await sealEnvelope('delta', encode(beacon), key)
    await assert.rejects(parseDeltaHeader(sealed), refusal('shape'))
  })
})

describe('payload size', () => {
  /** Block by block, as the quantiser writes. */
  function byBlocks(codec: Codec, length: number): number {
    const valueBytes = {
      f32: (n: number) => 4 * n,
      f16: (n: number) => 2 * n,
      int8: (n: number) => 4 + n,
      int4: (n: number) => 4 + Math.ceil(n / 2)
    }
    let total = 0
    for (let left = length; left > 0; left -= 256) {
      total += valueBytes[codec](Math.min(left, 256))
    }
    return total
  }

  it('is the sum over blocks, for every codec and length', () => {
    const codec = fc.constantFrom<Codec>('f32', 'f16', 'int8', 'int4')
    const property = fc.property(codec, fc.integer({ min: 1, max: 5000 }), (each, length) => {
      assert.equal(payloadBytes(each, length), byBlocks(each, length))
    })
    fc.assert(property, { seed: 3, numRuns: 500 })
  })

  it('has the documented values at the edges of a block', () => {
    const sizes = [1, 255, 256, 257].map((length) => payloadBytes('int4', length))
    assert.deepEqual(sizes, [5, 132, 132, 137])
    assert.deepEqual(
      [1, 256, 257].map((length) => payloadBytes('int8', length)),
      [5, 260, 265]
    )
  })
})
