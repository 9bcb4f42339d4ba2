import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  createTrainer,
  decodeTopology,
  drawInitialWeights,
  type Engine,
  InvalidTopologyError,
  type LossKind,
  type StackTopology,
  startEngine,
  type Topology,
  TopologyTooLargeError,
  UnsupportedLayerError
} from '../../../../node/training/index.ts'
import { readLayersModel } from '../../../../node/training/layers-model.ts'
import { createLayersModelNetwork } from '../../../../node/training/layers-model-network.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'
import { blobs } from './blobs.ts'
import { assertCloseTo } from './close-to.ts'
import { describeTrainer } from './conformance.ts'
import type { CreateTrainer } from './conformance-setup.ts'
import { functional, layer, MODELS, sequential } from './layers-models.ts'

const TOLERANCE = 1e-4

const wasm = await startEngine('wasm')
const cpu = await startEngine('cpu')
const training = blobs(40, 6, 3, 1)

const decode = (model: unknown): Promise<Topology> => decodeTopology(new TextEncoder().encode(JSON.stringify(model)))

async function trained(engine: Engine, topology: Topology, seed = 1, steps = 6) {
  const init = { topology, training, heldOut: training, batch: 8, learningRate: 0.1, optimiser: 'sgd', engine } as const
  const trainer = await createTrainer(init)
  const parameters = await drawInitialWeights(topology, 1)
  await trainer.train(parameters, steps, { seed })
  const metrics = await trainer.evaluate(parameters, 'heldOut')
  await trainer.close()
  return { parameters, engine: trainer.engine, ...metrics }
}

/** The stack that the suite is about, given to the layers API. */
async function asLayersModel({ inputs, layers }: StackTopology, loss?: LossKind): Promise<Topology> {
  const entries = layers.map((each) => {
    assert.ok(each.type === 'dense')
    const { name, units, activation, useBias } = each
    return layer('Dense', name, { units, activation, use_bias: useBias })
  })
  const input = layer('InputLayer', 'input', { batch_input_shape: [null, inputs] })
  return readLayersModel({ class_name: 'Sequential', config: { layers: [input, ...entries] } }, loss)
}

const createOn =
  (engine: Engine): CreateTrainer =>
  async (setup) =>
    createTrainer({ ...setup, topology: await asLayersModel(setup.topology, setup.loss?.kind), engine })

for (const engine of [wasm, cpu]) describeTrainer(`${engine.name} through the layers API`, createOn(engine))

describe('models that are no plain stacks', () => {
  for (const [name, model] of Object.entries(MODELS)) {
    test(`train the same on wasm as on pure JavaScript: ${name}`, async () => {
      const topology = await decode(model)
      assert.equal(topology.type, 'layers-model')
      const [fast, slow] = [await trained(wasm, topology), await trained(cpu, topology)]
      assert.deepEqual([fast.engine.name, slow.engine.name], ['tfjs-wasm', 'tfjs-cpu'])
      assertCloseTo(fast.parameters, slow.parameters, TOLERANCE)
      const start = await drawInitialWeights(topology, 1)
      assert.throws(() => assertCloseTo(start, slow.parameters, TOLERANCE))
    })

    test(`have the gradient of finite differences: ${name}`, async () => {
      const topology = await decode(model)
      assert.ok(topology.type === 'layers-model')
      const { network } = await createLayersModelNetwork(cpu, topology)
      const parameters = await drawInitialWeights(topology, 2)
      const batch = () => ({ features: training.features, labels: training.labels, random: createRandom(3) })
      const gradient = new Float32Array(parameters.length)
      network.backpropagate(parameters, batch(), (offset, part) => gradient.set(part, offset))
      const h = 1e-3
      const lossWith = (i: number, change: number) =>
        network.backpropagate(parameters.with(i, parameters[i]! + change), batch(), () => {})
      const places = Array.from({ length: 40 }, (_, i) => Math.floor((i * parameters.length) / 40))
      const differences = places.map((i) => (lossWith(i, h) - lossWith(i, -h)) / (2 * h))
      network.close?.()
      assertCloseTo(
        places.map((i) => gradient[i]!),
        differences,
        5e-3
      )
      assert.ok(differences.some((value) => Math.abs(value) > 0.02))
    })
  }

  test('fall back to pure JavaScript, and say why, where wasm has no gradient', async () => {
    const topology = await decode(
      sequential(
        layer('Reshape', 'image', { target_shape: [2, 3, 1] }),
        layer('DepthwiseConv2D', 'deep', { kernel_size: [2, 2] }),
        layer('Flatten', 'flat')
      )
    )
    const { engine, loss } = await trained(wasm, topology)
    assert.equal(engine.name, 'tfjs-cpu')
    assert.match(engine.reason!, /wasm cannot train this model: .*DepthwiseConv2dNativeBackprop/)
    assert.ok(Number.isFinite(loss))
  })

  test('start from weights that follow the seed and the layers', async () => {
    const topology = await decode(MODELS['an LSTM'])
    const first = await drawInitialWeights(topology, 1)
    assert.deepEqual(await drawInitialWeights(topology, 1), first)
    assert.notDeepEqual(await drawInitialWeights(topology, 2), first)
    const named = (name: string) => topology.weights.find((weight) => weight.name === name)!
    const values = ({ offset, shape }: ReturnType<typeof named>) =>
      first.subarray(offset, offset + shape.reduce((size, side) => size * side, 1))
    // An LSTM forgets little at first (Jozefowicz et al. 2015), and its recurrent kernel is orthogonal.
    assert.deepEqual([...values(named('lstm/bias'))], [0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0])
    const recurrent = values(named('lstm/recurrent_kernel'))
    for (const [a, b, expected] of [
      [0, 0, 1],
      [0, 1, 0],
      [2, 3, 0]
    ] as const) {
      const rows = [a, b].map((row) => recurrent.subarray(16 * row, 16 * (row + 1)))
      assertCloseTo([rows[0]!.reduce((sum, value, i) => sum + value * rows[1]![i]!, 0)], [expected], 1e-6)
    }
  })

  test('leave no tensor behind, built or refused', async () => {
    const topology = await decode(MODELS['an LSTM'])
    await trained(wasm, topology)
    const held = () => [
      wasm.tf.memory().numTensors,
      ...['wasm', 'cpu'].map((backend) => wasm.tf.findBackend(backend).numDataIds())
    ]
    const before = held()
    await trained(wasm, topology, 1, 50)
    await assert.rejects(decode(sequential(layer('Dense', 'a', { units: 9, activation: 'elu' }), layer('Nope', 'b'))))
    await decode(MODELS['a model in a model'])
    const last = layer('Dense', 'last', { units: 3, activation: 'softmax' })
    const deadEnd = layer('Dense', 'dead', { units: 5 })
    await decode(
      functional([
        [deadEnd, 'input'],
        [last, 'input']
      ])
    )
    assert.deepEqual(held(), before)
  })
})

describe('a model.json that nobody should build', () => {
  const elu = layer('Dense', 'elu', { units: 5, activation: 'elu' })
  const refusals: readonly (readonly [string, unknown, new (...parameters: never[]) => Error, RegExp])[] = [
    ['statistics', sequential(elu, layer('BatchNormalization', 'bn')), UnsupportedLayerError, /"bn".*do not train/],
    [
      'statistics in a wrapper',
      sequential(
        layer('Reshape', 'r', { target_shape: [3, 2] }),
        layer('TimeDistributed', 'td', { layer: layer('BatchNormalization', 'bn') }),
        layer('Flatten', 'f')
      ),
      UnsupportedLayerError,
      /"bn".*do not train/
    ],
    [
      'frozen weights',
      sequential({ ...elu, config: { ...elu.config, trainable: false } }),
      UnsupportedLayerError,
      /"elu"/
    ],
    [
      'a Lambda',
      sequential(layer('Lambda', 'code', { function: 'x' })),
      UnsupportedLayerError,
      /"code".*no such layer/
    ],
    ['a class of JavaScript', sequential(layer('constructor', 'c')), InvalidTopologyError, /no layer constructor/],
    ['a name that drives terminals', sequential(layer('ELU', '\u001b[2J')), InvalidTopologyError, /control characters/],
    ['noise', sequential(elu, layer('GaussianNoise', 'n', { stddev: 1 })), UnsupportedLayerError, /"n".*seeded/],
    [
      'recurrent dropout',
      sequential(layer('Reshape', 'r', { target_shape: [3, 2] }), layer('LSTM', 'l', { units: 2, dropout: 0.5 })),
      UnsupportedLayerError,
      /"l".*dropout/
    ],
    [
      'gaps in same padding',
      sequential(
        layer('Reshape', 'r', { target_shape: [6, 1] }),
        layer('Conv1D', 'c', { filters: 2, kernel_size: [2], strides: [3], padding: 'same' }),
        layer('Flatten', 'f')
      ),
      UnsupportedLayerError,
      /"c".*padding same/
    ],
    [
      'more weights than a peer holds',
      sequential(layer('Dense', 'a', { units: 1e6 }), layer('Dense', 'b', { units: 1e6, activation: 'elu' })),
      TopologyTooLargeError,
      /parameters/
    ],
    [
      'more values than a peer holds',
      sequential(layer('RepeatVector', 'r', { n: 1e9 }), layer('GlobalAveragePooling1D', 'g')),
      TopologyTooLargeError,
      /activations/
    ],
    [
      'a size below zero',
      sequential(elu, layer('Dense', 'a', { units: -3 })),
      InvalidTopologyError,
      /TensorFlow|shape/
    ],
    [
      'layers that wait for each other',
      functional([
        [layer('Add', 'a'), 'input', 'b'],
        [layer('Dense', 'b', { units: 6 }), 'a'],
        [layer('Dense', 'last', { units: 3, activation: 'softmax' }), 'b']
      ]),
      InvalidTopologyError,
      /wait for each other/
    ],
    [
      'a layer that is not there',
      functional([[layer('Dense', 'last', { units: 3, activation: 'softmax' }), 'nobody']]),
      InvalidTopologyError,
      /does not have/
    ],
    [
      'a layer without inputs that others wait for',
      JSON.parse(
        JSON.stringify(
          functional([
            [elu, 'nothing'],
            [layer('Dense', 'last', { units: 3, activation: 'softmax' }), 'elu']
          ])
        ).replace('["nothing",0,0,{}]', '')
      ),
      InvalidTopologyError,
      /called without inputs/
    ],
    ['an output that is not there', functional([[elu, 'input']], 'last'), InvalidTopologyError, /output/],
    [
      'a last activation that gives no logits',
      functional([[layer('Dense', 'last', { units: 3, activation: 'sigmoid' }), 'input']]),
      UnsupportedLayerError,
      /"last".*softmax, or none/
    ],
    [
      'rows that stay images',
      functional([[layer('Reshape', 'last', { target_shape: [3, 2] }), 'input']]),
      InvalidTopologyError,
      /\[3, 2\], expected one value for each class/
    ]
  ]
  for (const [name, model, type, message] of refusals) {
    test(`is refused in one sentence: ${name}`, async () => {
      await assert.rejects(decode(model), (error: Error) => {
        assert.ok(error instanceof type, `${error.name}: ${error.message}`)
        assert.match(error.message, message)
        assert.ok(error.message.length < 320 && !error.message.includes('\n'))
        return true
      })
    })
  }

  test('ends in a topology or in an error of ours, whatever is changed in it', async () => {
    const texts = Object.values(MODELS).map((model) => JSON.stringify(model))
    const junk = fc.constantFrom<unknown>(null, 0, -1, 7, 1e9, 0.5, '', 'same', 'LSTM', [], {}, [[]], 'a', undefined)
    const change = fc.tuple(fc.nat(10_000), junk)
    // Any value of the model gives way to another.
    const mutate = (text: string, [place, value]: [number, unknown]) => {
      let values = 0
      JSON.parse(text, () => values++)
      return JSON.stringify(JSON.parse(text, (key, old) => (key !== '' && values-- === place % 60 ? value : old)))
    }
    const before = cpu.tf.memory().numTensors
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...texts),
        fc.array(change, { minLength: 1, maxLength: 3 }),
        async (text, changes) => {
          const bytes = new TextEncoder().encode(changes.reduce(mutate, text))
          await decodeTopology(bytes).catch((error: Error & { code?: string }) => {
            assert.match(error.code ?? String(error.stack), /^ERR_/)
          })
          assert.equal(cpu.tf.memory().numTensors, before)
        }
      ),
      { seed: 6, numRuns: 400 }
    )
  })

  test('does not overflow the stack with its nesting', async () => {
    const depth = 20_000
    const nested = JSON.stringify(sequential(elu)).replace(
      '"units":5',
      `"units":5,"deep":${'['.repeat(depth)}${']'.repeat(depth)}`
    )
    await assert.rejects(decodeTopology(new TextEncoder().encode(nested)), /levels of nesting/)
  })
})
