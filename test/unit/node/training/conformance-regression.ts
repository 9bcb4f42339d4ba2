import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Dataset } from '../../../../node/data/index.ts'
import {
  buildTopology,
  createLoss,
  initialWeights,
  parseTopology,
  TrainerArgumentError
} from '../../../../node/training/index.ts'
import { blobs } from './blobs.ts'
import { assertCloseTo } from './close-to.ts'
import { type CreateTrainer, topology as classifier, INPUTS, LEARNING_RATE, ROWS, setup } from './conformance-setup.ts'
import { denseOracle } from './dense-oracle.ts'

/** float32 sums over 40 rows against float64 ones. */
const TOLERANCE = 1e-4

/** One unit of encoded labels is so much in the label's own unit. */
const SCALE = 12

const topology = parseTopology(buildTopology('mlp:8,5', INPUTS, 1, 'mean-squared-error'), 'mean-squared-error')
const columns = [{ name: 'x', kind: 'number', centre: 0, scale: 1 }] as const
const loss = createLoss({ kind: 'regression', label: 'y', columns, target: { centre: 50, scale: SCALE } })
const regression = {
  ...setup,
  topology,
  loss,
  training: curve(blobs(ROWS, INPUTS, 3, 1)),
  heldOut: curve(blobs(17, INPUTS, 3, 2)),
  batch: ROWS
}

/** Rows labelled with a smooth function of what they are. */
function curve({ features, count, featureCount }: Dataset): Dataset {
  const labels = Float32Array.from({ length: count }, (_, row) => {
    const [a, b, c] = features.subarray(row * featureCount)
    return Math.sin(a!) + 0.3 * b! * c!
  })
  return { features, labels, count, featureCount }
}

function start(): Float32Array {
  return initialWeights(topology, 3).map((value, i) => value + 0.05 * Math.sin(i))
}

/** What every Trainer must do for a model that predicts a number. */
export function describeRegression(create: CreateTrainer): void {
  describe('regression', () => {
    test('agrees with the oracle about the squared error, and tells its root in the unit of the label', async () => {
      const trainer = await create(regression)
      for (const split of ['training', 'heldOut'] as const) {
        const expected = denseOracle(topology, start(), regression[split])
        const { n, loss, rmse, accuracy } = await trainer.evaluate(start(), split)
        assert.deepEqual([n, accuracy], [regression[split].count, undefined])
        assertCloseTo([loss, rmse!], [expected.loss, SCALE * Math.sqrt(expected.loss)], TOLERANCE)
        assert.throws(() => assertCloseTo([rmse!], [Math.sqrt(expected.loss)], TOLERANCE))
      }
      await trainer.close()
    })

    test('predicts the numbers that the oracle predicts', async () => {
      const trainer = await create(regression)
      const { features, count } = regression.heldOut
      const numbers = await trainer.predict(start(), { values: features, count })
      await trainer.close()
      const { predictions } = denseOracle(topology, start(), regression.heldOut)
      assertCloseTo(numbers, predictions, TOLERANCE)
      assert.throws(() => assertCloseTo(numbers, predictions.toReversed(), TOLERANCE))
    })

    test('takes the step of gradient descent that the oracle takes', async () => {
      const trainer = await create(regression)
      const parameters = start()
      const report = await trainer.train(parameters, 1)
      await trainer.close()
      const stepped = (options: { halvesError?: boolean }) => {
        const { gradient } = denseOracle(topology, start(), regression.training, options)
        return start().map((value, i) => value - LEARNING_RATE * gradient[i]!)
      }
      assertCloseTo(parameters, stepped({}), TOLERANCE)
      assert.throws(() => assertCloseTo(parameters, stepped({ halvesError: true }), TOLERANCE))
      assertCloseTo([report.loss], [denseOracle(topology, start(), regression.training).loss], TOLERANCE)
    })

    test('learns a curve', async () => {
      const trainer = await create({ ...regression, optimiser: 'adam', learningRate: 0.01 })
      const parameters = start()
      const before = await trainer.evaluate(parameters, 'training')
      await trainer.train(parameters, 300)
      const { loss } = await trainer.evaluate(parameters, 'training')
      await trainer.close()
      assert.ok(loss < before.loss / 10, `the squared error went from ${before.loss} to ${loss}`)
    })

    test('refuses a label that is no number, and a model that ends in classes', async () => {
      const bad = { ...regression.heldOut, labels: new Float32Array(17).fill(Number.NaN) }
      await assert.rejects(create({ ...regression, heldOut: bad }), TrainerArgumentError)
      await assert.rejects(create({ ...regression, topology: classifier }), /"dense_3".*activation linear/)
      const { loss: _, ...withoutLoss } = regression
      await assert.rejects(create(withoutLoss), /"dense_3".*activation softmax/)
    })
  })
}
