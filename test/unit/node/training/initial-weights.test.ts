import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildTopology, initialWeights, parseTopology } from '../../../../node/training/index.ts'

const topology = parseTopology(buildTopology('mlp:64', 100, 10))
const kernel1 = 100 * 64
const bias1 = kernel1 + 64
const kernel2 = bias1 + 64 * 10

const largest = (values: Float32Array): number => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0)

test('draws the same weights for the same seed, and others for another', () => {
  assert.deepEqual(initialWeights(topology, 1), initialWeights(topology, 1))
  assert.notDeepEqual(initialWeights(topology, 1), initialWeights(topology, 2))
})

test('starts with biases of zero', () => {
  const parameters = initialWeights(topology, 1)
  assert.equal(parameters.length, kernel2 + 10)
  assert.equal(largest(parameters.subarray(kernel1, bias1)), 0)
  assert.equal(largest(parameters.subarray(kernel2)), 0)
})

test('fills the range of He before relu and that of Glorot before softmax', () => {
  const parameters = initialWeights(topology, 1)
  const he = Math.sqrt(6 / 100)
  const glorot = Math.sqrt(6 / (64 + 10))
  for (const [weights, limit] of [
    [parameters.subarray(0, kernel1), he],
    [parameters.subarray(bias1, kernel2), glorot]
  ] as const) {
    assert.ok(largest(weights) <= Math.fround(limit) && largest(weights) > 0.98 * limit)
    const variance = weights.reduce((sum, value) => sum + value * value, 0) / weights.length
    // A uniform law on ±limit has the variance limit² / 3.
    assert.ok(Math.abs(variance / (limit ** 2 / 3) - 1) < 0.1)
  }
  assert.notEqual(he, glorot)
})

test('keeps a layer as it is when another layer changes its width', () => {
  const wider = parseTopology(buildTopology('mlp:64,32', 100, 10))
  assert.deepEqual(initialWeights(wider, 1).subarray(0, bias1), initialWeights(topology, 1).subarray(0, bias1))
})
