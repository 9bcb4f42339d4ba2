import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { createOptimiser } from '../../../../node/training/optimiser.ts'

describe('adam', () => {
  test('takes its first step by the sign of the gradient, whatever its size', () => {
    for (const gradient of [1e-3, -5, 400]) {
      const parameters = new Float32Array([1])
      createOptimiser('adam', 1, 0).apply(parameters, 0, new Float32Array([gradient]), 0.01)
      assert.ok(Math.abs(parameters[0]! - (1 - 0.01 * Math.sign(gradient))) < 1e-6, `${parameters[0]}`)
    }
  })

  test('counts steps, not slices: parameters that are updated in two slices fare alike', () => {
    const whole = createOptimiser('adam', 2, 0)
    const parts = createOptimiser('adam', 2, 0)
    const [a, b] = [new Float32Array([1, 1]), new Float32Array([1, 1])]
    for (const g of [0.5, -0.2, 0.1]) {
      whole.apply(a, 0, new Float32Array([g, g]), 0.1)
      whole.finishStep()
      parts.apply(b, 1, new Float32Array([g]), 0.1)
      parts.apply(b, 0, new Float32Array([g]), 0.1)
      parts.finishStep()
    }
    assert.deepEqual(b, a)
    // The control: a step that is not finished does count otherwise.
    const unfinished = createOptimiser('adam', 1, 0)
    const c = new Float32Array([1])
    for (const g of [0.5, -0.2, 0.1]) unfinished.apply(c, 0, new Float32Array([g]), 0.1)
    assert.notEqual(c[0], a[0])
  })

  test('stays put, and finite, where no gradient was ever seen', () => {
    const parameters = new Float32Array([3])
    createOptimiser('adam', 1, 0).apply(parameters, 0, new Float32Array([0]), 0.1)
    assert.equal(parameters[0], 3)
  })
})
