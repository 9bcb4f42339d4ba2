import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { TimedTrainer } from '../../../../node/simulate/timed-trainer.ts'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import type { Trainer } from '../../../../node/training/index.ts'

/** A trainer that keeps the machine busy for so many real milliseconds. */
function busyFor(realMs: number, counts: number[] = []): Trainer {
  return {
    parameterCount: 1,
    train: async (parameters, steps) => {
      counts.push(steps)
      await sleep(realMs)
      parameters[0]! += 1
      return { steps, loss: 0.5, ms: realMs }
    },
    evaluate: async () => ({ n: 1, loss: 0 }),
    predict: async () => new Float32Array(),
    close: async () => {}
  }
}

suite('timed trainer', () => {
  test('takes virtual time by its steps, and says so, however long the machine takes', async () => {
    const clock = new VirtualClock()
    const counts: number[] = []
    const timed = new TimedTrainer({
      trainer: busyFor(3, counts),
      clock,
      stepsOf: (asked) => 2 * asked,
      msOf: (steps) => 25 * steps
    })
    const parameters = new Float32Array(1)
    const report = await clock.until(timed.train(parameters, 4))
    assert.deepEqual([report, clock.now(), parameters[0], counts], [{ steps: 8, loss: 0.5, ms: 200 }, 200, 1, [8]])
  })

  test('ends in the order of virtual time and of calling, not in that of the machine', async () => {
    const clock = new VirtualClock()
    const ended: string[] = []
    const train = async (name: string, realMs: number, ms: number) => {
      await new TimedTrainer({ trainer: busyFor(realMs), clock, msOf: () => ms }).train(new Float32Array(1), 1)
      ended.push(name)
    }
    await clock.until(
      Promise.all([train('slow machine', 20, 100), train('quick machine', 1, 100), train('short', 10, 50)])
    )
    assert.deepEqual(ended, ['short', 'slow machine', 'quick machine'])
  })

  test('passes on what fails, and takes the time of it', async () => {
    const clock = new VirtualClock()
    const trainer = { ...busyFor(1), train: async () => Promise.reject(new Error('diverged')) }
    await assert.rejects(
      clock.until(new TimedTrainer({ trainer, clock, msOf: () => 70 }).train(new Float32Array(1), 1)),
      /diverged/
    )
    assert.equal(clock.now(), 70)
  })
})
