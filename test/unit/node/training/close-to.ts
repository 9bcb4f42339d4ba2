import assert from 'node:assert/strict'

/** Asserts that two vectors agree in every value to `tolerance`, absolute below 1 and relative above. */
export function assertCloseTo(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void {
  assert.equal(actual.length, expected.length)
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!)
    assert.ok(
      difference <= tolerance * Math.max(1, Math.abs(expected[i]!)),
      `value ${i} is ${actual[i]}, expected ${expected[i]} to ${tolerance}`
    )
  }
}
