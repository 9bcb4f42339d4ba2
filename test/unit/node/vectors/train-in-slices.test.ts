import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { trainInSlices } from '../../../../node/vectors/train-in-slices.ts'

describe('training in slices', () => {
  it('takes all steps with a wait before each slice, and counts neither waits nor slices in its time and loss', async () => {
    const slices: number[] = []
    let waits = 0
    let next = 0
    const report = await trainInSlices({
      parameters: new Float32Array(1),
      steps: 16,
      options: { seed: 1 },
      pacer: {
        wait: async () => {
          waits += 1
        }
      },
      trainer: {
        parameterCount: 1,
        // A step takes 5 ms; the loss of a slice is the mean of its steps' numbers.
        train: async (_, steps) => {
          slices.push(steps)
          const loss = next + (steps - 1) / 2
          next += steps
          return { steps, loss, ms: 5 * steps }
        },
        evaluate: () => Promise.reject(new Error('not asked')),
        predict: () => Promise.reject(new Error('not asked')),
        close: async () => {}
      }
    })
    assert.deepEqual(slices, [1, 5, 5, 5])
    assert.equal(waits, slices.length)
    assert.deepEqual(report, { steps: 16, loss: 7.5, ms: 80 })
  })
})
