import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { selectRows } from '../../../../node/data/index.ts'
import {
  buildTopology,
  createTensorFlowTrainer,
  type Engine,
  initialWeights,
  type Loss,
  parseTopology,
  type StackTopology,
  startEngine,
  TrainingDivergedError
} from '../../../../node/training/index.ts'
import { meanSquaredError } from '../../../../node/training/mean-squared-error.ts'
import { softmaxCrossEntropy } from '../../../../node/training/softmax-cross-entropy.ts'
import { StackNetwork } from '../../../../node/training/stack-network.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'
import { assertCloseTo } from './close-to.ts'
import { enlargedDigits } from './enlarged-digits.ts'

const TOLERANCE = 1e-4
const ROWS = 5
const CLASSES = 3

const wasm = await startEngine('wasm')
const cpu = await startEngine('cpu')

interface Entry {
  readonly class_name: string
  readonly config: Record<string, unknown>
}

const entry = (class_name: string, name: string, config: Record<string, unknown> = {}): Entry => ({
  class_name,
  config: { name, ...config }
})

const squaredError = meanSquaredError(1)
const classesEnd = entry('Dense', 'last', { units: CLASSES, activation: 'softmax' })
const numberEnd = entry('Dense', 'last', { units: 1 })

function stack(shape: readonly number[], ...layers: readonly Entry[]): StackTopology {
  return endedStack(softmaxCrossEntropy, shape, ...layers, classesEnd)
}

function endedStack({ kind }: Loss, shape: readonly number[], ...entries: readonly Entry[]): StackTopology {
  const input = entry('InputLayer', 'input', { batch_input_shape: [null, ...shape] })
  const layers = [input, ...entries.slice(0, -1), entry('Flatten', 'flat'), entries.at(-1)!]
  return parseTopology({ class_name: 'Sequential', config: { layers } }, kind)
}

/** Loss and gradient of one batch at parameters where no bias is zero. */
function differentiate(engine: Engine, topology: StackTopology, parameters: Float32Array, loss = softmaxCrossEntropy) {
  const random = createRandom(7)
  const features = Float32Array.from({ length: ROWS * topology.inputs }, () => 2 * random.next() - 1)
  const labels = Int32Array.from({ length: ROWS }, (_, row) => row % CLASSES)
  const gradient = new Float32Array(topology.parameterCount)
  const network = new StackNetwork(engine, topology, loss)
  const mean = network.backpropagate(parameters, { features, labels, random }, (offset, part) => {
    gradient.set(part, offset)
  })
  return { loss: mean, gradient }
}

function startingPoint(topology: StackTopology): Float32Array {
  return initialWeights(topology, 3).map((value, i) => value + 0.05 * Math.sin(i))
}

const lenetLayers = [
  entry('Conv2D', 'first', { filters: 3, kernel_size: 3, activation: 'relu' }),
  entry('MaxPooling2D', 'pool', { pool_size: 2 }),
  entry('Conv2D', 'second', { filters: 4, kernel_size: [2, 2], padding: 'same', use_bias: false }),
  entry('Activation', 'active', { activation: 'relu' }),
  entry('AveragePooling2D', 'mean', { pool_size: [2, 1], strides: [1, 1], padding: 'same' }),
  entry('Dropout', 'drop', { rate: 0.25 }),
  entry('Reshape', 'shape', { target_shape: [36] }),
  entry('Dense', 'hidden', { units: 6, activation: 'relu' })
]
const lenet = stack([9, 8, 2], ...lenetLayers)
const lenetOfNumbers = endedStack(squaredError, [9, 8, 2], ...lenetLayers, numberEnd)

/** Some of the gradient, and the same places by finite differences. */
function someGradients(topology: StackTopology, loss: Loss) {
  const parameters = startingPoint(topology)
  const { gradient } = differentiate(cpu, topology, parameters, loss)
  // Small enough not to cross a kink of relu or a change of the largest value, large enough for float32 losses.
  const h = 2e-4
  const lossWith = (i: number, change: number) =>
    differentiate(cpu, topology, parameters.with(i, parameters[i]! + change), loss).loss
  const places = Array.from({ length: 60 }, (_, i) => Math.floor((i * topology.parameterCount) / 60))
  const differences = places.map((i) => (lossWith(i, h) - lossWith(i, -h)) / (2 * h))
  return { actual: places.map((i) => gradient[i]!), differences }
}

describe('a convolutional stack', () => {
  for (const [topology, loss] of [
    [lenet, softmaxCrossEntropy],
    [lenetOfNumbers, squaredError]
  ] as const) {
    test(`has the gradient that finite differences of its loss have: ${loss.kind}`, () => {
      const { actual, differences } = someGradients(topology, loss)
      assertCloseTo(actual, differences, 2e-3)
      assert.throws(() => assertCloseTo(actual.toReversed(), differences, 2e-3))
      assert.ok(differences.some((value) => Math.abs(value) > 0.05))
    })
  }

  test('is the same on wasm as on pure JavaScript, whatever its windows, strides and paddings', () => {
    const window = fc.record({
      size: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
      strides: fc.tuple(fc.integer({ min: 1, max: 2 }), fc.integer({ min: 1, max: 2 })),
      padding: fc.constantFrom('valid', 'same')
    })
    const layers = fc.record({
      conv: window,
      pool: window,
      filters: fc.integer({ min: 1, max: 4 }),
      relu: fc.boolean()
    })
    fc.assert(
      fc.property(
        layers,
        fc.constantFrom('MaxPooling2D', 'AveragePooling2D'),
        ({ conv, pool, filters, relu }, kind) => {
          const padding = conv.strides.some((stride, axis) => stride > conv.size[axis]!) ? 'valid' : conv.padding
          const topology = stack(
            [9, 10, 2],
            entry('Conv2D', 'conv', {
              filters,
              kernel_size: conv.size,
              strides: conv.strides,
              padding,
              activation: relu ? 'relu' : 'linear'
            }),
            entry(kind, 'pool', { pool_size: pool.size, strides: pool.strides, padding: pool.padding }),
            entry('Conv2D', 'last_conv', { filters: 2, kernel_size: 2, padding: 'same', activation: 'relu' })
          )
          const parameters = startingPoint(topology)
          const [fast, slow] = [wasm, cpu].map((engine) => differentiate(engine, topology, parameters))
          assertCloseTo([fast!.loss], [slow!.loss], TOLERANCE)
          assertCloseTo(fast!.gradient, slow!.gradient, TOLERANCE)
        }
      ),
      { seed: 5, numRuns: 60 }
    )
  })

  test('drops the same values for the same seed, and none when it predicts', async () => {
    const topology = stack([4, 4, 1], entry('Dropout', 'drop', { rate: 0.5 }))
    const [first, other] = await Promise.all([1, 2].map((seed) => trainedOn(wasm, topology, seed)))
    assert.deepEqual(await trainedOn(wasm, topology, 1), first)
    assert.notDeepEqual(other, first)
    assertCloseTo(await trainedOn(cpu, topology, 1), first!, TOLERANCE)
    const without = stack([4, 4, 1])
    const undropped = await trainedOn(cpu, without, 1)
    assert.throws(() => assertCloseTo(undropped, first!, TOLERANCE))
    const parameters = startingPoint(topology)
    const rows = new Float32Array(2 * topology.inputs).fill(1)
    const predict = (each: StackTopology) => new StackNetwork(wasm, each, softmaxCrossEntropy).outputs(parameters, rows)
    assert.deepEqual(predict(topology), predict(without))
  })

  test('leaves no tensor behind', async () => {
    for (const engine of [wasm, cpu]) {
      await trainedOn(engine, lenet, 1)
      const held = () => [
        engine.tf.memory().numTensors,
        ...['wasm', 'cpu'].map((backend) => engine.tf.findBackend(backend).numDataIds())
      ]
      const before = held()
      await trainedOn(engine, lenet, 1, 300)
      assert.deepEqual(held(), before)
    }
  })

  test('reports a weight that is not a number before it changes others', async () => {
    const parameters = startingPoint(lenet)
    parameters[0] = Number.NaN
    const before = parameters.slice()
    for (const engine of [wasm, cpu]) {
      const trainer = createTensorFlowTrainer(trainerInit(engine, lenet))
      await assert.rejects(trainer.train(parameters, 2), TrainingDivergedError)
      assert.deepEqual(parameters, before)
    }
  })

  test('learns the digits as images of 28 x 28', async () => {
    const all = await enlargedDigits()
    const rows = Array.from({ length: all.count }, (_, row) => row)
    const training = selectRows(
      all,
      rows.filter((row) => row % 6 > 0)
    )
    const heldOut = selectRows(
      all,
      rows.filter((row) => row % 6 === 0)
    )
    const topology = parseTopology(buildTopology('cnn:8,16', [28, 28, 1], 10))
    const init = { topology, training, heldOut, batch: 32, learningRate: 0.02, engine: wasm }
    const trainer = createTensorFlowTrainer({ ...init, optimiser: 'momentum', momentum: 0.9 })
    const parameters = initialWeights(topology, 1)
    const untrained = await trainer.evaluate(parameters, 'heldOut')
    await trainer.train(parameters, 150, { seed: 1 })
    const { accuracy } = await trainer.evaluate(parameters, 'heldOut')
    await trainer.close()
    assert.ok(untrained.accuracy! < 0.3, `before training ${untrained.accuracy}`)
    assert.ok(accuracy! > 0.9, `after training ${accuracy}`)
  })
})

function trainerInit(engine: Engine, topology: StackTopology) {
  const random = createRandom(8)
  const features = Float32Array.from({ length: 12 * topology.inputs }, () => 2 * random.next() - 1)
  const labels = Int32Array.from({ length: 12 }, (_, row) => row % CLASSES)
  const training = { features, labels, count: 12, featureCount: topology.inputs }
  return { topology, training, batch: ROWS, learningRate: 0.1, optimiser: 'sgd', engine } as const
}

async function trainedOn(engine: Engine, topology: StackTopology, seed: number, steps = 4): Promise<Float32Array> {
  const trainer = createTensorFlowTrainer(trainerInit(engine, topology))
  const parameters = startingPoint(topology)
  await trainer.train(parameters, steps, { seed })
  await trainer.close()
  return parameters
}
