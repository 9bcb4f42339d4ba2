import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { driftWeight, median, roundGraceMs } from '../../../../protocols/averaging/index.ts'

suite('round grace', () => {
  test('is twice the median training time and the median link delay together', () => {
    assert.equal(roundGraceMs([100, 110, 400], [5, 20, 30], 0), 2 * (110 + 20))
  })

  test('is not moved by one slow peer, as a mean would be', () => {
    const withSlow = roundGraceMs([100, 100, 100, 100, 1e6], [0], 0)
    assert.equal(withSlow, roundGraceMs([100, 100, 100, 100, 100], [0], 0))
  })

  test('never falls below the floor, even before anything is measured', () => {
    assert.equal(roundGraceMs([], [], 150), 150)
    assert.equal(roundGraceMs([1], [1], 150), 150)
    assert.equal(roundGraceMs([100], [], 150), 200)
  })
})

suite('median', () => {
  test('is the middle value, or the mean of the middle two, of numbers rather than of their spellings', () => {
    assert.equal(median([10, 9, 2]), 9)
    assert.equal(median([1, 2, 3, 10]), 2.5)
    assert.equal(median([]), undefined)
  })

  test('leaves its argument as it was', () => {
    const values = [3, 1, 2]
    median(values)
    assert.deepEqual(values, [3, 1, 2])
  })
})

suite('drift weight', () => {
  test('is the share of the median sample count, between a half and two', () => {
    assert.equal(driftWeight(150, [100, 50, 200]), 1.5)
    assert.equal(driftWeight(1, [100]), 0.5)
    assert.equal(driftWeight(1e6, [100]), 2)
  })

  test('is one where no neighbour says how many rows it has', () => {
    assert.equal(driftWeight(7, []), 1)
    assert.equal(driftWeight(7, [0, 0]), 1)
  })
})
