import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { partition, quantileBins } from '../../../../node/data/index.ts'

suite('quantileBins', () => {
  test('puts a tenth of the values into each bin, in order of size', () => {
    const values = Array.from({ length: 100 }, (_, i) => (i * 37) % 100)
    const { bins, count } = quantileBins(values)
    assert.equal(count, 10)
    assert.deepEqual(
      [...bins],
      values.map((value) => Math.floor(value / 10))
    )
  })

  test('keeps equal values together, however many there are', () => {
    const { bins } = quantileBins([0, 0, 0, 0, 0, 0, 0, 0, 5, 9])
    assert.equal(new Set(bins.subarray(0, 8)).size, 1)
    assert.ok(bins[7]! < bins[8]! && bins[8]! < bins[9]!)
    assert.ok(bins.every((bin) => bin >= 0 && bin < 10))
    assert.equal(new Set(quantileBins([3, 3, 3]).bins).size, 1)
  })

  test('lets peers differ in the numbers that they see', () => {
    const values = Float32Array.from({ length: 1000 }, (_, i) => i)
    const { bins, count } = quantileBins(values)
    const spreadOf = (alpha: number) => {
      const parts = partition(bins, count, { kind: 'dirichlet', alpha }, 5, 1)
      const means = parts.map((part) => part.reduce((sum, row) => sum + values[row]!, 0) / part.length)
      return Math.max(...means) - Math.min(...means)
    }
    assert.ok(spreadOf(0.1) > 4 * spreadOf(100), `${spreadOf(0.1)} and ${spreadOf(100)}`)
  })
})
