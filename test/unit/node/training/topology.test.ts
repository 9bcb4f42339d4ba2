import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import {
  buildTopology,
  decodeTopology,
  encodeModelJson,
  InvalidTopologyError,
  parseTopology,
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
