import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { buildTopology, encodeModelJson, ModelSpecError, parseTopology } from '../../../../node/training/index.ts'

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
  const model = buildTopology('mlp:64,32', 13, 3)
  const listed = model.weightsManifest[0].weights.map(({ name, shape }) => ({ name, shape }))
  assert.deepEqual(
    listed,
    parseTopology(model).weights.map(({ name, shape }) => ({ name, shape }))
  )
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
