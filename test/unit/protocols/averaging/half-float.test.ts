import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { fromHalfBits, toHalfBits } from '../../../../protocols/averaging/half-float.ts'

/** IEEE 754-2019: worked from the format itself, not from the code. */
const KNOWN: readonly (readonly [value: number, bits: number])[] = [
  [0, 0x0000],
  [-0, 0x8000],
  [1, 0x3c00],
  [-2, 0xc000],
  [65_504, 0x7bff],
  [2 ** -14, 0x0400],
  [2 ** -24, 0x0001],
  [2 ** -14 - 2 ** -24, 0x03ff],
  [1 / 3, 0x3555]
]

/** The value of a finite half by the definition of the format. */
function numberOf(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1
  const exponent = (bits >> 10) & 31
  const fraction = bits & 1023
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25)
}

/** Every finite half from 0 upwards, in order. */
const HALVES = Array.from({ length: 0x7c00 }, (_, bits) => numberOf(bits))

/** Whether `bits` is the half nearest to `value`, and the even one of two that are as near. */
function isNearest(value: number, bits: number): boolean {
  const index = bits & 0x7fff
  const distance = (at: number) => Math.abs(Math.abs(value) - HALVES[at]!)
  return [index - 1, index + 1].every((other) => {
    if (HALVES[other] === undefined || distance(other) > distance(index)) return true
    return distance(other) === distance(index) && index % 2 === 0
  })
}

suite('half floats', () => {
  test('have the bits of the format', () => {
    for (const [value, bits] of KNOWN) assert.equal(toHalfBits(value), bits, `${value}`)
    assert.notEqual(toHalfBits(1 / 3), 0x3556, 'a third rounds down')
  })

  test('come back from all of their finite bits', () => {
    for (let bits = 0; bits < 0x1_0000; bits++) {
      if ((bits & 0x7c00) === 0x7c00) continue
      const value = fromHalfBits(bits)
      if (value !== numberOf(bits) || toHalfBits(value) !== bits) assert.fail(`bits ${bits.toString(16)} give ${value}`)
    }
  })

  test('are the nearest, ties to even, which the next ones are not', () => {
    const float = fc.float({ min: -65_504, max: 65_504, noNaN: true })
    const midpoint = fc.nat(0x7bfe).map((bits) => (HALVES[bits]! + HALVES[bits + 1]!) / 2)
    fc.assert(
      fc.property(fc.oneof(float, midpoint), (value) => {
        assert.ok(isNearest(value, toHalfBits(value)), `${value} gives ${toHalfBits(value).toString(16)}`)
      }),
      { seed: 1, numRuns: 2000 }
    )
    assert.equal(isNearest(1 / 3, 0x3556), false)
    assert.equal(isNearest((HALVES[1]! + HALVES[2]!) / 2, 1), false, 'the odd one of two that are as near')
  })

  test('cut off at their largest', () => {
    for (const value of [65_505, 65_520, 1e6, Number.POSITIVE_INFINITY]) {
      assert.equal(toHalfBits(value), 0x7bff)
      assert.equal(toHalfBits(-value), 0xfbff)
    }
    assert.equal(toHalfBits(65_471), 0x7bfe)
  })
})
