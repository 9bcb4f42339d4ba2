import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { normalisationOf } from '../../../../node/data/normalisation.ts'

function repeat(value: number, times: number): number[] {
  return Array.from({ length: times }, () => value)
}

function countTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i + 1)
}

suite('normalisationOf', () => {
  test('takes the median and the larger of IQR / 1.349 and the standard deviation, to two digits', () => {
    // 1 to 101: median 51, IQR 50, so 37; standard deviation 29.
    assert.deepEqual(normalisationOf(countTo(101)), { centre: 51, scale: 37 })
    // Mostly 0 with a quarter of 16: IQR 4, so 3; standard deviation 6.9.
    assert.deepEqual(normalisationOf([...repeat(0, 75), ...repeat(16, 25)]), { centre: 0, scale: 6.9 })
  })

  test('falls back to the standard deviation, then to 1', () => {
    assert.deepEqual(normalisationOf([...repeat(0, 99), 5]), { centre: 0, scale: 0.5 })
    assert.deepEqual(normalisationOf(repeat(7, 10)), { centre: 7, scale: 1 })
    assert.deepEqual(normalisationOf([3]), { centre: 3, scale: 1 })
  })

  test('does not let one wild value stretch the scale, as the standard deviation does', () => {
    const values = [...countTo(101), 1e9]
    const mean = values.reduce((a, b) => a + b, 0) / values.length
    const deviation = Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length)
    const isHarmless = (scale: number): boolean => scale < 60
    assert.ok(isHarmless(normalisationOf(values).scale))
    assert.equal(isHarmless(deviation), false)
  })

  test('rounds the centre no further than half a scale away: years and timestamps keep their spread', () => {
    assert.deepEqual(normalisationOf([2002, 2007, 2012, 2017, 2022]), { centre: 2012, scale: 7.4 })
    const { centre, scale } = normalisationOf(countTo(101).map((x) => 1_700_000_000 + x))
    assert.ok(Math.abs(centre - 1_700_000_051) <= scale / 2)
  })

  test('leaves the values as they are', () => {
    const values = [3, 1, 2]
    normalisationOf(values)
    assert.deepEqual(values, [3, 1, 2])
  })

  test('gives a finite centre near the median and a positive, finite scale for whatever float64 holds', () => {
    const values = fc.array(fc.double({ noNaN: true, noDefaultInfinity: true }), { minLength: 1, maxLength: 30 })
    fc.assert(
      fc.property(values, (numbers) => {
        const { centre, scale } = normalisationOf(numbers)
        assert.ok(Number.isFinite(centre))
        assert.ok(Number.isFinite(scale) && scale > 0)
      }),
      { seed: 1, numRuns: 500 }
    )
  })
})
