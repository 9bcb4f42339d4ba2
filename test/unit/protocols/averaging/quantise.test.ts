import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { BLOCK_PARAMETERS, type Codec, LARGEST_CODE, payloadBytes } from '../../../../protocols/averaging/codec.ts'
import { createRandom, type Random } from '../../../../protocols/averaging/index.ts'
import { applyPayload } from '../../../../protocols/averaging/payload.ts'
import { quantise } from '../../../../protocols/averaging/quantise.ts'
import { always, vectorFrom } from './rules.ts'

const QUANTISED = ['int8', 'int4'] as const

/**
 * Worked by hand from ALGORITHMS 1 with u = 1/2. Differences 0.5, -1, 0.25 in one block, so s = 1: int4 codes
 * floor(3.5 + .5) = 4, floor(-7 + .5) = -7 (nibble 9), floor(1.75 + .5) = 2; int8 codes 64, -127 (0x81), 32. The halves are 0x3800, 0xbc00, 0x3400.
 */
const TARGET = Float32Array.of(0.5, -1, 0.25)
const GOLDEN: Readonly<Record<Codec, string>> = {
  f32: '0000003f000080bf0000803e',
  f16: '003800bc0034',
  int8: '0000803f408120',
  int4: '0000803f9402'
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** What comes back out of a payload, shape [n]. */
function roundTrip(codec: Codec, values: Float32Array, random: Random): Float32Array {
  const zeros = new Float32Array(values.length)
  const payload = quantise(codec, values, zeros, random)
  applyPayload(codec, payload, zeros)
  return zeros
}

/** Largest |v| of each value's block, as float32, shape [n]. */
function scaleAt(values: Float32Array, index: number): number {
  const from = index - (index % BLOCK_PARAMETERS)
  return Math.fround(values.subarray(from, from + BLOCK_PARAMETERS).reduce((most, v) => Math.max(most, Math.abs(v)), 0))
}

/** Largest |mean of Q(v) - v| over the values, in standard errors of stochastic rounding at its widest, step / 2. */
function bias(codec: 'int8' | 'int4', random: Random): number {
  const trials = 2000
  const values = vectorFrom(createRandom(3), 64)
  const sums = new Float64Array(values.length)
  for (let i = 0; i < trials; i++) {
    for (const [at, v] of roundTrip(codec, values, random).entries()) sums[at]! += v
  }
  const standardError = scaleAt(values, 0) / LARGEST_CODE[codec] / 2 / Math.sqrt(trials)
  return Math.max(...values.map((v, at) => Math.abs(sums[at]! / trials - v))) / standardError
}

/** Whether what arrives of `sent` is within one step of `values`. */
function isWithinStep(codec: 'int8' | 'int4', values: Float32Array, random: Random, sent = values): boolean {
  const float32Slack = 1e-6
  return roundTrip(codec, sent, random).every((v, i) => {
    const scale = scaleAt(values, i)
    return Math.abs(v - values[i]!) <= (scale / LARGEST_CODE[codec]) * (1 + float32Slack) + scale * float32Slack
  })
}

suite('quantise', () => {
  for (const codec of ['f32', 'f16', 'int8', 'int4'] as const) {
    test(`writes exactly these ${codec} bytes, which big-endian numbers are not`, () => {
      const payload = quantise(codec, TARGET, new Float32Array(3), always(0.5))
      assert.equal(hex(payload), GOLDEN[codec])
      assert.notEqual(hex(payload.slice().reverse()), GOLDEN[codec])
      const bigEndian = payload.slice()
      bigEndian.subarray(0, codec === 'f16' ? 2 : 4).reverse()
      assert.notEqual(hex(bigEndian), GOLDEN[codec])
    })
  }

  test('puts the low nibble first, which swapped nibbles are not', () => {
    const payload = quantise('int4', TARGET, new Float32Array(3), always(0.5))
    const swapped = payload.map((byte, at) => (at < 4 ? byte : ((byte & 0x0f) << 4) | (byte >> 4)))
    assert.notEqual(hex(swapped), GOLDEN.int4)
  })

  test('puts all scales before all codes', () => {
    const target = new Float32Array(257).fill(0)
    target[0] = 1
    target[256] = -2
    const int4 = quantise('int4', target, new Float32Array(257), always(0.5))
    assert.equal(hex(int4.subarray(0, 9)), '0000803f0000004007')
    assert.equal(hex(int4.subarray(-1)), '09')
    const int8 = quantise('int8', target, new Float32Array(257), always(0.5))
    assert.equal(hex(int8.subarray(0, 9)), '0000803f000000407f')
    assert.equal(hex(int8.subarray(-1)), '81')
  })

  test('takes bits + 0.125 bits a parameter', () => {
    assert.equal((8 * payloadBytes('int4', 256 * 100)) / (256 * 100), 4.125)
    assert.equal((8 * payloadBytes('int8', 256 * 100)) / (256 * 100), 8.125)
  })

  for (const codec of QUANTISED) {
    test(`keeps the expectation in ${codec}, as rounding half up and truncation do not`, () => {
      assert.ok(bias(codec, createRandom(4)) < 5)
      assert.ok(bias(codec, always(0.5)) > 5)
      assert.ok(bias(codec, always(0)) > 5)
    })

    test(`errs by at most s / L in ${codec}, which a code two steps off does not`, () => {
      fc.assert(
        fc.property(fc.integer({ min: 1, max: 600 }), fc.nat(), fc.constantFrom(1e-6, 1, 1e5), (length, seed, size) => {
          const random = createRandom(seed)
          assert.ok(isWithinStep(codec, vectorFrom(random, length, size), random))
        }),
        { seed: 5, numRuns: 100 }
      )
      const values = vectorFrom(createRandom(6), 300)
      const off = values.with(7, values[7]! - Math.sign(values[7]!) * 2.1 * (scaleAt(values, 7) / LARGEST_CODE[codec]))
      assert.equal(isWithinStep(codec, values, createRandom(6), off), false)
    })
  }

  for (const codec of ['f32', 'f16', 'int8', 'int4'] as const) {
    test(`writes the same ${codec} bytes into an array that was used before`, () => {
      const into = new Uint8Array(payloadBytes(codec, 513)).fill(0xff)
      const values = vectorFrom(createRandom(9), 513)
      values.fill(0, 256, 512)
      const fresh = quantise(codec, values, new Float32Array(513), createRandom(10))
      assert.notDeepEqual(into, fresh)
      assert.equal(quantise(codec, values, new Float32Array(513), createRandom(10), into), into)
      assert.deepEqual(into, fresh)
    })
  }

  test('writes zero codes and a zero scale where nothing changed', () => {
    const values = vectorFrom(createRandom(7), 300)
    for (const codec of QUANTISED) {
      const payload = quantise(codec, values, values.slice(), createRandom(8))
      assert.ok(payload.every((byte) => byte === 0))
      const copy = values.slice()
      assert.equal(applyPayload(codec, payload, copy), 0)
      assert.deepEqual(copy, values)
    }
  })
})
