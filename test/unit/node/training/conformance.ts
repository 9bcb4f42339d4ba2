import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  buildTopology,
  initialWeights,
  parseTopology,
  type StepReport,
  type Trainer
} from '../../../../node/training/index.ts'
import { assertCloseTo } from './close-to.ts'
import { describeAdam } from './conformance-adam.ts'
import { describeRefusals } from './conformance-refusals.ts'
import { describeRegression } from './conformance-regression.ts'
import {
  CLASSES,
  type CreateTrainer,
  INPUTS,
  LEARNING_RATE,
  oracleSteps,
  ROWS,
  setup,
  startingPoint,
  topology,
  trained,
  wholeBatch
} from './conformance-setup.ts'
import { denseOracle } from './dense-oracle.ts'

/** float32 sums over 40 rows against float64 ones. */
const TOLERANCE = 1e-4

/** What every Trainer must do, whatever computes underneath. */
export function describeTrainer(name: string, create: CreateTrainer): void {
  describe(name, () => {
    describeMeasuring(create)
    describeSteps(create)
    describeOrder(create)
    describeAdam(create)
    describeRegression(create)
    describeRefusals(create)
  })
}

function describeMeasuring(create: CreateTrainer): void {
  describe('measuring', () => {
    let trainer: Trainer
    before(async () => {
      trainer = await create(setup)
    })
    after(() => trainer.close())

    test('agrees with the oracle about loss and accuracy of both splits', async () => {
      const parameters = startingPoint()
      for (const split of ['training', 'heldOut'] as const) {
        const expected = denseOracle(topology, parameters, setup[split]!)
        const { n, loss, accuracy } = await trainer.evaluate(parameters, split)
        assert.equal(n, setup[split]!.count)
        assert.equal(accuracy, expected.accuracy)
        assertCloseTo([loss], [expected.loss], TOLERANCE)
      }
      const { loss } = await trainer.evaluate(parameters, 'heldOut')
      const control = denseOracle(topology, initialWeights(topology, 3), setup.heldOut!)
      assert.throws(() => assertCloseTo([loss], [control.loss], TOLERANCE))
    })

    test('predicts what the oracle predicts, in rows that sum to 1', async () => {
      const { features, count } = setup.heldOut!
      const probabilities = await trainer.predict(startingPoint(), { values: features, count })
      const expected = denseOracle(topology, startingPoint(), setup.heldOut!).predictions
      assertCloseTo(probabilities, expected, TOLERANCE)
      assert.throws(() => assertCloseTo(probabilities, expected.toReversed(), TOLERANCE))
      for (let row = 0; row < count; row++) {
        const sum = probabilities.subarray(row * CLASSES, (row + 1) * CLASSES).reduce((a, b) => a + b, 0)
        assertCloseTo([sum], [1], 1e-6)
      }
    })

    test('predicts nothing for no rows', async () => {
      const probabilities = await trainer.predict(startingPoint(), { values: new Float32Array(0), count: 0 })
      assert.equal(probabilities.length, 0)
    })

    test('leaves parameters and rows as they are', async () => {
      const parameters = startingPoint()
      const features = setup.heldOut!.features.slice()
      await trainer.evaluate(parameters, 'heldOut')
      await trainer.predict(parameters, { values: features, count: setup.heldOut!.count })
      assert.deepEqual(parameters, startingPoint())
      assert.deepEqual(features, setup.heldOut!.features)
    })
  })
}

function describeSteps(create: CreateTrainer): void {
  describe('steps', () => {
    test('takes the step of gradient descent that the oracle takes', async () => {
      const actual = await trained(create, wholeBatch, 1)
      assertCloseTo(actual, oracleSteps(1, 0), TOLERANCE)
      const control = oracleSteps(1, 0, { passesCutRelu: true })
      assert.throws(() => assertCloseTo(actual, control, TOLERANCE))
    })

    test('keeps the velocity of momentum from one call to the next', async () => {
      const trainer = await create({ ...wholeBatch, optimiser: 'momentum', momentum: 0.9 })
      const parameters = startingPoint()
      await trainer.train(parameters, 2)
      await trainer.train(parameters, 3)
      await trainer.close()
      assertCloseTo(parameters, oracleSteps(5, 0.9), TOLERANCE)
      assert.throws(() => assertCloseTo(parameters, oracleSteps(5, 0), TOLERANCE))
    })

    test('uses the learning rate of a call for that call only', async () => {
      const trainer = await create(wholeBatch)
      const parameters = startingPoint()
      await trainer.train(parameters, 1, { learningRate: 1e-30 })
      assert.deepEqual(parameters, startingPoint())
      await trainer.train(parameters, 1)
      await trainer.close()
      assertCloseTo(parameters, oracleSteps(1, 0), TOLERANCE)
    })

    test('adds the correction to the gradient', async () => {
      const correction = Float32Array.from({ length: topology.parameterCount }, (_, i) => Math.cos(i))
      const actual = await trained(create, wholeBatch, 1, { correction })
      const plain = oracleSteps(1, 0)
      const expected = plain.map((value, i) => value - LEARNING_RATE * correction[i]!)
      assertCloseTo(actual, expected, TOLERANCE)
      assert.throws(() => assertCloseTo(actual, plain, TOLERANCE))
    })

    test('pulls towards the centre of the proximal term', async () => {
      const centre = new Float32Array(topology.parameterCount).fill(1)
      const actual = await trained(create, wholeBatch, 1, { proximal: { centre, lambda: 0.5 } })
      const start = startingPoint()
      const plain = oracleSteps(1, 0)
      const expected = plain.map((value, i) => value - LEARNING_RATE * 0.5 * (start[i]! - 1))
      assertCloseTo(actual, expected, TOLERANCE)
      assert.throws(() => assertCloseTo(actual, plain, TOLERANCE))
    })

    test('trains the same in shared memory', async () => {
      const shared = new Float32Array(new SharedArrayBuffer(4 * topology.parameterCount))
      shared.set(startingPoint())
      const trainer = await create(wholeBatch)
      await trainer.train(shared, 3)
      await trainer.close()
      assert.deepEqual(Float32Array.from(shared), await trained(create, wholeBatch, 3))
    })

    test('trains layers without bias and with linear activation', async () => {
      const bare = parseTopology(withoutBiasAndRelu())
      const start = initialWeights(bare, 4)
      const parameters = start.slice()
      const trainer = await create({ ...wholeBatch, topology: bare })
      await trainer.train(parameters, 1)
      await trainer.close()
      const { gradient } = denseOracle(bare, start, wholeBatch.training)
      assertCloseTo(
        parameters,
        start.map((value, i) => value - LEARNING_RATE * gradient[i]!),
        TOLERANCE
      )
      assert.throws(() => assertCloseTo(parameters, start, TOLERANCE))
    })

    test('reduces the loss in place and reports every step', async () => {
      const trainer = await create(setup)
      const parameters = startingPoint()
      const before = await trainer.evaluate(parameters, 'training')
      const steps: StepReport[] = []
      const report = await trainer.train(parameters, 60, { onStep: (step) => steps.push(step) })
      const afterwards = await trainer.evaluate(parameters, 'training')
      await trainer.close()
      assert.equal(report.steps, 60)
      assert.deepEqual(
        steps.map(({ step }) => step),
        Array.from({ length: 60 }, (_, i) => i + 1)
      )
      assert.ok(report.loss < before.loss && report.loss > afterwards.loss)
      assert.ok(afterwards.loss < before.loss / 2, `loss went from ${before.loss} to ${afterwards.loss}`)
    })

    test('takes no step when asked for none', async () => {
      assert.deepEqual(await trained(create, setup, 0), startingPoint())
    })
  })
}

function describeOrder(create: CreateTrainer): void {
  describe('order of rows', () => {
    test('gives the same bits for the same seed, and others for another', async () => {
      const first = await trained(create, setup, 12, { seed: 5 })
      assert.deepEqual(await trained(create, setup, 12, { seed: 5 }), first)
      assert.notDeepEqual(await trained(create, setup, 12, { seed: 6 }), first)
    })

    test('continues its order of rows from one call to the next', async () => {
      const trainer = await create(setup)
      const parameters = startingPoint()
      for (const steps of [3, 7, 2]) await trainer.train(parameters, steps, { seed: 5 })
      await trainer.close()
      assert.deepEqual(parameters, await trained(create, setup, 12, { seed: 5 }))
    })

    test('cuts a batch that is larger than the data to the data', async () => {
      const actual = await trained(create, { ...setup, batch: 10 * ROWS }, 2)
      assertCloseTo(actual, oracleSteps(2, 0), TOLERANCE)
      const control = await trained(create, { ...setup, batch: ROWS / 2 }, 2)
      assert.throws(() => assertCloseTo(control, oracleSteps(2, 0), TOLERANCE))
    })
  })
}

function withoutBiasAndRelu(): unknown {
  const text = JSON.stringify(buildTopology('mlp:4', INPUTS, CLASSES))
  return JSON.parse(text.replaceAll('"use_bias":true', '"use_bias":false').replaceAll('"relu"', '"linear"'))
}
