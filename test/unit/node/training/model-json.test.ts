import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import {
  buildTopology,
  encodeModelJson,
  ModelMismatchError,
  ModelSpecError,
  parseTopology,
  requireModelSpec
} from '../../../../node/training/index.ts'

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

test('builds the layers that the spec names', () => {
  const layersOf = (spec: string) => parseTopology(buildTopology(spec, 13, 3)).layers
  const shape = (spec: string) =>
    layersOf(spec).map((layer) => layer.type === 'dense' && [layer.inputs, layer.units, layer.activation])
  assert.deepEqual(shape('linear'), [[13, 3, 'softmax']])
  assert.deepEqual(shape('mlp:64,32'), [
    [13, 64, 'relu'],
    [64, 32, 'relu'],
    [32, 3, 'softmax']
  ])
})

test('ends in one linear unit where a number is predicted', () => {
  const model = buildTopology('mlp:8', 13, 1, 'mean-squared-error')
  const [, last] = parseTopology(model, 'mean-squared-error').layers
  assert.ok(last?.type === 'dense')
  assert.deepEqual([last.units, last.activation], [1, 'linear'])
  assert.throws(() => parseTopology(model), /"dense_2".*activation softmax/)
  const images = parseTopology(buildTopology('cnn:8', [9, 9, 1], 1, 'mean-squared-error'), 'mean-squared-error')
  assert.deepEqual([images.outputs, images.layers.length], [1, 3])
  assert.throws(() => buildTopology('mlp:8', 13, 1), ModelSpecError)
})

test('counts the parameters of the specs in the documentation', () => {
  const count = (spec: string): number => parseTopology(buildTopology(spec, 64, 10)).parameterCount
  assert.equal(count('linear'), 650)
  assert.equal(count('mlp:64'), 64 * 64 + 64 + 64 * 10 + 10)
  assert.equal(count('mlp:960,960'), 64 * 960 + 960 + 960 * 960 + 960 + 960 * 10 + 10)
})

test('always encodes a model to the same bytes, for they are addressed by their hash', () => {
  const bytes = encodeModelJson(buildTopology('mlp:64', 64, 10))
  assert.equal(sha256(bytes), 'f72d5819705e7f787def76fa80368c25df4ff4f3184396d96bd7e4f54206e835')
  assert.notEqual(sha256(encodeModelJson(buildTopology('mlp:65', 64, 10))), sha256(bytes))
})

test('encodes the same bytes whatever order the keys are in', () => {
  const model = buildTopology('linear', 4, 2)
  const { format, modelTopology, weightsManifest } = model
  assert.deepEqual(encodeModelJson({ weightsManifest, format, modelTopology }), encodeModelJson(model))
  assert.deepEqual(JSON.parse(new TextDecoder().decode(encodeModelJson(model))), model)
})

test('lists the weights that the topology has, in its order', () => {
  for (const model of [buildTopology('mlp:64,32', 13, 3), buildTopology('cnn:2,3', [20, 21, 3], 4)]) {
    const listed = model.weightsManifest[0].weights.map(({ name, shape }) => ({ name, shape }))
    assert.deepEqual(
      listed,
      parseTopology(model).weights.map(({ name, shape }) => ({ name, shape }))
    )
  }
})

test('builds convolutions, each with a pool, for images', () => {
  const topology = parseTopology(buildTopology('cnn:8,16', [28, 28, 1], 10))
  const steps = topology.layers.map((layer) =>
    'output' in layer ? [layer.type, ...layer.output] : [layer.type, 'units' in layer && layer.units]
  )
  assert.deepEqual(steps, [
    ['conv', 26, 26, 8],
    ['pool', 13, 13, 8],
    ['conv', 11, 11, 16],
    ['pool', 5, 5, 16],
    ['dense', 10]
  ])
  assert.equal(topology.parameterCount, 9 * 8 + 8 + 9 * 8 * 16 + 16 + 400 * 10 + 10)
  assert.deepEqual([topology.inputs, topology.inputShape], [784, [28, 28, 1]])
})

test('lays images flat for dense models', () => {
  const { layers, inputShape } = parseTopology(buildTopology('mlp:7', [4, 5, 3], 2))
  assert.deepEqual(inputShape, [4, 5, 3])
  assert.deepEqual(
    layers.map((layer) => layer.type === 'dense' && [layer.inputs, layer.units]),
    [
      [60, 7],
      [7, 2]
    ]
  )
})

test('says in one sentence why rows do not suit convolutions', () => {
  assert.throws(() => buildTopology('cnn:8,16', 64, 10), /needs images, and these rows are columns of a table/)
  const small = () => buildTopology('cnn:8,16', [8, 8, 1], 10)
  assert.throws(small, /images of 8 x 8 are too small for model cnn:8,16 \(3 x 3 are left for convolution 2\)/)
  assert.throws(small, ModelMismatchError)
  buildTopology('cnn:8', [4, 4, 1], 10)
})

test('looks at a spec without its data', () => {
  for (const spec of ['linear', 'mlp:3', 'cnn:8,16', 'folder/model.json']) requireModelSpec(spec)
  for (const spec of ['cnn', 'cnn:0', 'rnn:3', 'model.js']) assert.throws(() => requireModelSpec(spec), ModelSpecError)
})

test('rejects other specs with a list of those that are valid', () => {
  for (const spec of ['', 'Linear', 'mlp', 'mlp:', 'mlp:64,', 'mlp:0', 'mlp:-1', 'mlp:1e3', 'mlp:1000001', 'cnn']) {
    assert.throws(
      () => buildTopology(spec, 4, 2),
      (error) => error instanceof ModelSpecError && /"linear" and "mlp:".*"cnn:"/.test(error.message),
      spec
    )
  }
  assert.throws(() => buildTopology(`mlp:${Array(64).fill(8).join(',')}`, 4, 2), /64 hidden layers, at most 63/)
})

test('rejects numbers of inputs and classes that no data set has', () => {
  for (const [inputs, classes] of [
    [0, 2],
    [1.5, 2],
    [4, 1],
    [4, Number.NaN],
    [Number.POSITIVE_INFINITY, 2]
  ] as const) {
    assert.throws(() => buildTopology('linear', inputs, classes), ModelSpecError)
  }
})
