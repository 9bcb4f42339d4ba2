import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { assertCloseTo } from './close-to.ts'
import { type CreateTrainer, startingPoint, topology, trained, wholeBatch } from './conformance-setup.ts'
import { denseOracle } from './dense-oracle.ts'

const RATE = 0.01
const adam = { ...wholeBatch, optimiser: 'adam', learningRate: RATE } as const

/**
 * float32 gradients against float64 ones. Adam divides by their size, so where a gradient is near 0 its step, at most
 * 0.01 long, may be off by a part of itself.
 */
const TOLERANCE = 2e-4

/** Kingma & Ba 2015, algorithm 1, in float64. `isBiased` leaves the correction of the moments out: the wrong variant. */
function adamSteps(steps: number, { isBiased = false } = {}): Float64Array {
  const parameters = Float64Array.from(startingPoint())
  const first = new Float64Array(parameters.length)
  const second = new Float64Array(parameters.length)
  for (let step = 1; step <= steps; step++) {
    const { gradient } = denseOracle(topology, parameters, wholeBatch.training)
    for (const [i, g] of gradient.entries()) {
      first[i] = 0.9 * first[i]! + 0.1 * g
      second[i] = 0.999 * second[i]! + 0.001 * g ** 2
      const m = first[i]! / (isBiased ? 1 : 1 - 0.9 ** step)
      const v = second[i]! / (isBiased ? 1 : 1 - 0.999 ** step)
      parameters[i]! -= (RATE * m) / (Math.sqrt(v) + 1e-8)
    }
  }
  return parameters
}

/** What every Trainer must do with the optimiser Adam. */
export function describeAdam(create: CreateTrainer): void {
  describe('adam', () => {
    test('takes the steps that the oracle takes', async () => {
      const actual = await trained(create, adam, 8)
      assertCloseTo(actual, adamSteps(8), TOLERANCE)
      assert.throws(() => assertCloseTo(actual, adamSteps(8, { isBiased: true }), TOLERANCE))
    })

    test('keeps moments and their count from one call to the next', async () => {
      const trainer = await create(adam)
      const parameters = startingPoint()
      await trainer.train(parameters, 3)
      await trainer.train(parameters, 5)
      await trainer.close()
      assert.deepEqual(parameters, await trained(create, adam, 8))
    })

    test('starts with moments of zero in a new trainer, as after a restart', async () => {
      const parameters = startingPoint()
      for (const steps of [3, 5]) {
        const trainer = await create(adam)
        await trainer.train(parameters, steps)
        await trainer.close()
      }
      assert.notDeepEqual(parameters, await trained(create, adam, 8))
    })
  })
}
