import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { buildTopology, parseTopology, SharedPart } from '../../../../node/training/index.ts'

/** 2 x 3 + 3, 3 x 4 + 4 and 4 x 2 + 2 weights. */
const topology = parseTopology(buildTopology('mlp:3,4', 2, 2))
const whole = Float32Array.from({ length: topology.parameterCount }, (_, i) => i)

describe('the shared part of a model', () => {
  it('is the whole where no layer is local', () => {
    const shared = new SharedPart(topology)
    assert.deepEqual(shared.layout, { weights: topology.weights, parameterCount: topology.parameterCount })
    assert.deepEqual(shared.take(whole), whole)
  })

  it('closes up over a local layer in the middle, and goes back around it', () => {
    const shared = new SharedPart(topology, ['dense_2'])
    assert.deepEqual([...shared.take(whole)], [0, 1, 2, 3, 4, 5, 6, 7, 8, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34])
    assert.deepEqual(
      shared.layout.weights.map(({ name, offset }) => [name, offset]),
      [
        ['dense_1/kernel', 0],
        ['dense_1/bias', 6],
        ['dense_3/kernel', 9],
        ['dense_3/bias', 17]
      ]
    )
    const other = new Float32Array(whole.length).fill(-1)
    shared.put(shared.take(whole), other)
    assert.deepEqual(
      other,
      whole.map((value) => (value >= 9 && value < 25 ? -1 : value))
    )
  })

  it('refuses names of no layer, and leaves something to share', () => {
    const wrong: readonly (readonly [readonly string[], RegExp])[] = [
      [
        ['dense_4'],
        /personalise.layers "dense_4" contradicts the model, .* are "dense_1", "dense_2", "dense_3", of which/
      ],
      [['dense_2/kernel'], /"dense_2\/kernel" contradicts the model/],
      [['dense_1', 'dense_2', 'dense_3'], /nothing would be shared/]
    ]
    for (const [layers, message] of wrong) {
      assert.throws(() => new SharedPart(topology, layers), { code: 'ERR_LOCAL_LAYERS', message })
    }
  })
})
