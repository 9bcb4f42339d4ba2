import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  buildTopology,
  createTensorFlowTrainer,
  EmptySplitError,
  type Engine,
  initialWeights,
  parseTopology,
  startEngine,
  TrainerArgumentError
} from '../../../../node/training/index.ts'
import { blobs } from './blobs.ts'
import { assertCloseTo } from './close-to.ts'
import { describeTrainer } from './conformance.ts'
import { type CreateTrainer, setup, startingPoint, topology, trained } from './conformance-setup.ts'
import { denseOracle } from './dense-oracle.ts'

const engines = [await startEngine('wasm'), await startEngine('cpu')]
const createOn =
  (engine: Engine): CreateTrainer =>
  async (trainerSetup) =>
    createTensorFlowTrainer({ ...trainerSetup, engine })

for (const engine of engines) {
  describeTrainer(engine.name, createOn(engine))

  test(`${engine.name} holds no tensor after 10000 steps`, async () => {
    const linear = parseTopology(buildTopology('linear', 6, 3))
    const trainer = createTensorFlowTrainer({ ...setup, topology: linear, engine })
    const held = () => [
      engine.tf.memory().numTensors,
      ...['wasm', 'cpu'].map((backend) => engine.tf.findBackend(backend).numDataIds())
    ]
    const before = held()
    const parameters = initialWeights(linear, 1)
    await trainer.train(parameters, 10_000)
    await trainer.evaluate(parameters, 'heldOut')
    await trainer.close()
    assert.deepEqual(held(), before)
    // The counts do see a tensor that is left behind.
    const left = engine.tf.tensor1d(new Float32Array(1))
    assert.notDeepEqual(held(), before)
    left.dispose()
  })
}

test('wasm and cpu agree after 5 steps', async () => {
  const [wasm, cpu] = await Promise.all(engines.map((engine) => trained(createOn(engine), setup, 5)))
  assertCloseTo(wasm!, cpu!, 1e-4)
  assert.throws(() => assertCloseTo(startingPoint(), cpu!, 1e-4))
})

describe('createTensorFlowTrainer', () => {
  const engine = engines[0]!

  test('shows the batch after the cut', () => {
    assert.equal(createTensorFlowTrainer({ ...setup, engine }).batch, setup.batch)
    assert.equal(createTensorFlowTrainer({ ...setup, batch: 1000, engine }).batch, setup.training.count)
  })

  test('rejects data that does not fit the model', () => {
    const create = (changes: object) => () => createTensorFlowTrainer({ ...setup, engine, ...changes })
    assert.throws(create({ training: blobs(0, 6, 3, 1) }), EmptySplitError)
    assert.throws(create({ training: blobs(9, 5, 3, 1) }), TrainerArgumentError)
    assert.throws(create({ heldOut: blobs(9, 6, 4, 1) }), /a label of heldOut is 3, expected 0 to 2/)
    assert.throws(create({ training: { ...setup.training, count: 41 } }), TrainerArgumentError)
    assert.throws(create({ batch: 0 }), TrainerArgumentError)
    assert.throws(create({ learningRate: 0 }), TrainerArgumentError)
    assert.throws(create({ optimiser: 'momentum', momentum: 1 }), TrainerArgumentError)
  })

  test('measures in several chunks what the oracle measures at once', async () => {
    const training = blobs(2500, 6, 3, 8)
    const trainer = createTensorFlowTrainer({ ...setup, training, engine })
    const expected = denseOracle(topology, startingPoint(), training)
    const { n, loss, accuracy } = await trainer.evaluate(startingPoint(), 'training')
    assert.deepEqual({ n, accuracy }, { n: 2500, accuracy: expected.accuracy })
    assertCloseTo([loss], [expected.loss], 1e-4)
    const values = training.features
    assertCloseTo(await trainer.predict(startingPoint(), { values, count: n }), expected.predictions, 1e-4)
  })
})

test('the oracle has the gradient that finite differences of its loss have', () => {
  const parameters = Float64Array.from(startingPoint())
  const lossWith = (i: number, change: number): number =>
    denseOracle(topology, parameters.with(i, parameters[i]! + change), setup.training).loss
  const h = 1e-6
  const differences = parameters.map((_, i) => (lossWith(i, h) - lossWith(i, -h)) / (2 * h))
  assertCloseTo(denseOracle(topology, parameters, setup.training).gradient, differences, 1e-6)
  const control = denseOracle(topology, parameters, setup.training, { passesCutRelu: true }).gradient
  assert.throws(() => assertCloseTo(control, differences, 1e-6))
})

test('the oracle has the gradient of the squared error that finite differences have', () => {
  const loss = 'mean-squared-error'
  const numbers = parseTopology(buildTopology('mlp:4', 6, 1, loss), loss)
  const parameters = Float64Array.from(initialWeights(numbers, 3))
  const h = 1e-6
  const differences = parameters.map((value, i) => {
    const [up, down] = [h, -h].map((change) => denseOracle(numbers, parameters.with(i, value + change), setup.training))
    return (up!.loss - down!.loss) / (2 * h)
  })
  assertCloseTo(denseOracle(numbers, parameters, setup.training).gradient, differences, 1e-6)
  const control = denseOracle(numbers, parameters, setup.training, { halvesError: true }).gradient
  assert.throws(() => assertCloseTo(control, differences, 1e-6))
})
