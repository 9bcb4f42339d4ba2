import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  buildTopology,
  decodeTopology,
  encodeModelJson,
  InvalidTopologyError,
  parseTopology,
  requireStepFits,
  TopologyTooLargeError,
  UnsupportedLayerError
} from '../../../../node/training/index.ts'

interface Layer {
  class_name: string
  config: Record<string, unknown>
}

const dense = (config: Record<string, unknown>): Layer => ({ class_name: 'Dense', config })
const first = dense({ name: 'a', units: 5, activation: 'relu', batch_input_shape: [null, 4] })
const last = dense({ name: 'b', units: 3, activation: 'softmax' })
const sequential = (...layers: unknown[]) => ({
  modelTopology: { class_name: 'Sequential', config: { name: 'm', layers } }
})

describe('parseTopology', () => {
  test('places every weight behind the one before it', () => {
    const { weights, parameterCount, inputs, outputs } = parseTopology(sequential(first, last))
    assert.deepEqual(weights, [
      { name: 'a/kernel', shape: [4, 5], offset: 0 },
      { name: 'a/bias', shape: [5], offset: 20 },
      { name: 'b/kernel', shape: [5, 3], offset: 25 },
      { name: 'b/bias', shape: [3], offset: 40 }
    ])
    assert.deepEqual({ parameterCount, inputs, outputs }, { parameterCount: 43, inputs: 4, outputs: 3 })
  })

  test('leaves out the bias of a layer that uses none', () => {
    const bare = dense({ ...last.config, use_bias: false })
    const { weights, parameterCount } = parseTopology(sequential(first, bare))
    assert.deepEqual(
      weights.map(({ name }) => name),
      ['a/kernel', 'a/bias', 'b/kernel']
    )
    assert.equal(parameterCount, 40)
  })

  test('reads what Keras writes: another wrapper, an input layer, a bare list', () => {
    const input = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 4] } }
    const { batch_input_shape: _, ...withoutShape } = first.config
    const expected = parseTopology(sequential(first, last))
    const { modelTopology } = sequential(input, dense(withoutShape), last)
    assert.deepEqual(parseTopology({ modelTopology }), expected)
    assert.deepEqual(parseTopology({ modelTopology: { model_config: modelTopology } }), expected)
    assert.deepEqual(parseTopology({ class_name: 'Sequential', config: [first, last] }), expected)
  })

  test('refuses by name and class a layer that cannot be trained', () => {
    const refused: [Layer, RegExp][] = [
      [{ class_name: 'BatchNormalization', config: { name: 'bn' } }, /"bn" \("BatchNormalization"\).*do not train/],
      [{ class_name: 'LSTM', config: { name: 'lstm', units: 3 } }, /"lstm" \("LSTM"\).*none of the layers/],
      [dense({ name: 'cold', units: 3, trainable: false }), /"cold" \("Dense"\).*frozen/],
      [dense({ name: 'tanh', units: 3, activation: 'tanh' }), /"tanh".*linear, relu and softmax/],
      [dense({ name: 'l2', units: 3, kernel_regularizer: { class_name: 'L2' } }), /"l2".*kernel_regularizer/],
      [dense({ name: 'half', units: 3, dtype: 'float16' }), /"half".*float32/],
      [dense({ name: 'early', units: 3, activation: 'softmax' }), /"early".*softmax, and no other may/]
    ]
    for (const [layer, message] of refused) {
      assert.throws(
        () => parseTopology(sequential(first, layer, last)),
        (error) => error instanceof UnsupportedLayerError && message.test(error.message)
      )
    }
    assert.throws(
      () => parseTopology(sequential(first)),
      /"a".*the last layer must be a Dense with the activation softmax/
    )
  })

  const conv = (config: Record<string, unknown>) => ({
    class_name: 'Conv2D',
    config: { name: 'conv', filters: 4, kernel_size: 3, ...config }
  })
  const image = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 12, 9, 2] } }
  const flat = { class_name: 'Flatten', config: { name: 'flat' } }

  test('follows the shapes of images through windows, strides and paddings', () => {
    const outputOf = (layer: Layer) => {
      const [first] = parseTopology(sequential(image, layer, flat, last)).layers
      return 'output' in first! ? first.output : undefined
    }
    const pool = (config: object) => ({ class_name: 'MaxPooling2D', config: { name: 'pool', ...config } })
    assert.deepEqual(outputOf(conv({})), [10, 7, 4])
    assert.deepEqual(outputOf(conv({ padding: 'same' })), [12, 9, 4])
    assert.deepEqual(outputOf(conv({ padding: 'same', strides: [2, 3] })), [6, 3, 4])
    assert.deepEqual(outputOf(conv({ kernel_size: [2, 5], strides: 4 })), [3, 2, 4])
    assert.deepEqual(outputOf(pool({})), [6, 4, 2])
    assert.deepEqual(outputOf(pool({ pool_size: [3, 2], strides: [1, 1] })), [10, 8, 2])
    assert.deepEqual(outputOf(pool({ padding: 'same' })), [6, 5, 2])
  })

  test('refuses by name convolutions that would come out wrong', () => {
    const refused: [Record<string, unknown>, RegExp][] = [
      [{ padding: 'same', strides: 4 }, /"conv".*padding same with strides larger/],
      [{ dilation_rate: 2 }, /"conv".*dilation_rate/],
      [{ data_format: 'channels_first' }, /"conv".*channels_last/],
      [{ groups: 2 }, /"conv".*groups/],
      [{ kernel_size: [13, 3] }, /"conv".*13 x 3 is larger than its input of 12 x 9/]
    ]
    for (const [config, message] of refused) {
      assert.throws(() => parseTopology(sequential(image, conv(config), flat, last)), message)
    }
    assert.throws(() => parseTopology(sequential(first, conv({}), flat, last)), /Conv2D needs images.*\[5\]/)
  })

  test('refuses images that a stranger could use to exhaust memory or time', () => {
    const on = (side: number, config: Record<string, unknown>) => {
      const input = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, side, side, 1] } }
      const pool = { class_name: 'MaxPooling2D', config: { name: 'pool', pool_size: 100 } }
      return () => parseTopology(sequential(input, conv(config), pool, flat, last))
    }
    assert.throws(on(2000, { filters: 64, strides: 2, kernel_size: 3 }), /activations a row/)
    assert.throws(on(1000, { filters: 8, kernel_size: 300, strides: 2 }), /multiplications a row/)
    assert.throws(on(1e6, { filters: 1e6, kernel_size: 1 }), TopologyTooLargeError)
    const topology = parseTopology(sequential(image, conv({}), flat, last))
    const { activationsPerRow, multiplicationsPerRow } = topology
    assert.equal(activationsPerRow, 12 * 9 * 2 + 10 * 7 * 4 + 280 + 3)
    assert.equal(multiplicationsPerRow, 10 * 7 * 4 * 9 * 2 + 280 * 3)
    requireStepFits(topology, 1000)
    assert.throws(() => requireStepFits(topology, 1e6), /use a batch of at most 172294/)
  })

  test('refuses models that do not end in one number where a number is predicted', () => {
    const number = 'mean-squared-error'
    const head = (config: object) => dense({ name: 'out', units: 1, ...config })
    assert.equal(parseTopology(sequential(first, head({})), number).outputs, 1)
    const refused: [unknown[], RegExp][] = [
      [[first, last], /activation linear/],
      [[first, head({ activation: 'relu' })], /"out".*activation linear/],
      [[first, head({ units: 2 })], /"out".*1 unit, not 2/],
      [[first, dense({ name: 'early', units: 3, activation: 'softmax' }), head({})], /"early".*activation linear/]
    ]
    for (const [layers, message] of refused) {
      assert.throws(
        () => parseTopology(sequential(...layers), number),
        (error) => error instanceof UnsupportedLayerError && message.test(error.message)
      )
    }
  })

  test('escapes and cuts the names of strangers in its messages', () => {
    const name = `\u001b[2J${'x'.repeat(500)}`
    assert.throws(
      () => parseTopology(sequential(first, { class_name: 'LSTM', config: { name } }, last)),
      ({ message }: Error) => !message.includes('\u001b') && message.length < 250
    )
  })

  test('refuses sizes that a stranger could use to exhaust memory', () => {
    const wide = (units: unknown) => sequential(dense({ ...first.config, units }), last)
    for (const units of [0, -1, 1.5, 1_000_001, '64', null, undefined]) {
      assert.throws(() => parseTopology(wide(units)), InvalidTopologyError)
    }
    const big = [first, dense({ name: 'c', units: 1e6 }), dense({ name: 'd', units: 1e6 }), last]
    assert.throws(() => parseTopology(sequential(...big)), TopologyTooLargeError)
    const deep = Array.from({ length: 65 }, (_, i) => dense({ ...first.config, name: `l${i}` }))
    assert.throws(() => parseTopology(sequential(...deep)), /65 layers, at most 64/)
  })

  test('refuses what is not a model', () => {
    const input = { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 4] } }
    assert.throws(() => parseTopology(sequential(input)), UnsupportedLayerError)
    const broken = [
      { modelTopology: { class_name: 'Functional', config: {} } },
      { modelTopology: { class_name: 'GraphModel', config: {} } },
      { format: 'graph-model', modelTopology: { node: [] } },
      sequential(),
      sequential(last),
      sequential(first, first, last),
      sequential(first, { config: { name: 'b' } }),
      sequential(dense({ ...first.config, batch_input_shape: [null, 0] }), last),
      sequential(dense({ ...first.config, batch_input_shape: [4, 4] }), last)
    ]
    for (const json of broken) assert.throws(() => parseTopology(json), InvalidTopologyError)
  })

  test('answers any JSON with a topology or one of its own errors', () => {
    const own = [InvalidTopologyError, TopologyTooLargeError, UnsupportedLayerError]
    const layer = fc.record(
      {
        class_name: fc.constantFrom('Dense', 'InputLayer', 7),
        config: fc.oneof(fc.constant(first.config), fc.jsonValue())
      },
      { requiredKeys: [] }
    )
    const json = fc.oneof(
      fc.jsonValue(),
      fc.array(layer).map((layers) => sequential(...layers))
    )
    fc.assert(
      fc.property(json, (value) => {
        try {
          parseTopology(value)
        } catch (error) {
          assert.ok(
            own.some((type) => error instanceof type),
            String(error)
          )
        }
      }),
      { seed: 1, numRuns: 300 }
    )
  })
})

describe('decodeTopology', () => {
  test('reads the bytes that encodeModelJson writes', async () => {
    const model = buildTopology('mlp:64,32', 13, 3)
    assert.deepEqual(await decodeTopology(encodeModelJson(model)), parseTopology(model))
  })

  test('refuses too many bytes and bytes that are not JSON', async () => {
    await assert.rejects(decodeTopology(new Uint8Array(256 * 1024 + 1)), TopologyTooLargeError)
    await assert.rejects(decodeTopology(new TextEncoder().encode('{')), InvalidTopologyError)
    await assert.rejects(decodeTopology(Uint8Array.of(0xff)), InvalidTopologyError)
  })
})
