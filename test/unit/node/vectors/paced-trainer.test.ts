import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Trainer } from '../../../../node/training/index.ts'
import { PacedTrainer } from '../../../../node/vectors/paced-trainer.ts'

describe('a paced trainer', () => {
  it('takes all steps with a wait before each slice, and counts neither waits nor slices in its time and loss', async () => {
    const slices: number[] = []
    let waits = 0
    let next = 0
    // A step takes 5 ms; the loss of a slice is the mean of its steps' numbers.
    const trainer: Trainer = {
      parameterCount: 1,
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
    const pacer = {
      wait: async () => {
        waits += 1
      }
    }
    const report = await new PacedTrainer(trainer, pacer).train(new Float32Array(1), 16, { seed: 1 })
    assert.deepEqual(slices, [1, 5, 5, 5])
    assert.equal(waits, slices.length)
    assert.deepEqual(report, { steps: 16, loss: 7.5, ms: 80 })
  })
})
