import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TaskSchema } from '../../../../node/data/index.ts'
import { modelGraph } from '../../../../node/model-files/onnx/index.ts'
import { IMAGE_TASK, NUMBER_TASK, sampleModel, sequential, TABLE_TASK } from './sample-models.ts'

/** Every name that a node or an output reads is made before, and no name is made twice. */
function requireSound({ inputs, outputs, nodes, constants }: ReturnType<typeof modelGraph>): void {
  const made = [...inputs, ...constants].map(({ name }) => name)
  const known = new Set(made)
  assert.equal(known.size, made.length)
  for (const node of nodes) {
    for (const input of node.inputs) assert.ok(known.has(input), `${node.name} reads ${input}`)
    for (const output of node.outputs) {
      assert.ok(!known.has(output), `${output} is made twice`)
      known.add(output)
    }
  }
  for (const { name } of outputs) assert.ok(known.has(name))
}

describe('the graph of a model', () => {
  it('takes raw columns by their names, and float64 where float32 would lose digits', async () => {
    const graph = modelGraph(await sampleModel(TABLE_TASK, 'mlp:4'))
    requireSound(graph)
    assert.deepEqual(graph.inputs, [
      { name: 'wing', element: 'float', shape: ['rows', 1] },
      { name: 'place', element: 'string', shape: ['rows', 1] },
      { name: 'year', element: 'double', shape: ['rows', 1] }
    ])
    assert.deepEqual(graph.outputs, [
      { name: 'label', element: 'string', shape: ['rows'] },
      { name: 'probabilities', element: 'float', shape: ['rows', 3] }
    ])
  })

  it('takes images as one array, and gives a number for a regression', async () => {
    const images = modelGraph(await sampleModel(IMAGE_TASK, 'cnn:4'))
    requireSound(images)
    assert.deepEqual(images.inputs, [{ name: 'image', element: 'float', shape: ['rows', 8, 8, 1] }])
    const numbers = modelGraph(await sampleModel(NUMBER_TASK, 'mlp:4'))
    requireSound(numbers)
    assert.deepEqual(numbers.outputs, [{ name: 'value', element: 'double', shape: ['rows'] }])
  })

  it('keeps names and shapes of the weights, so that they can be read back', async () => {
    const { constants } = modelGraph(await sampleModel(IMAGE_TASK, 'cnn:4'))
    assert.deepEqual(
      constants.filter(({ name }) => !name.startsWith('/')).map(({ name, shape }) => [name, shape]),
      [
        ['conv2d_1/kernel', [3, 3, 1, 4]],
        ['conv2d_1/bias', [4]],
        ['dense_1/kernel', [36, 2]],
        ['dense_1/bias', [2]]
      ]
    )
  })

  it('refuses a column that is called like a weight', async () => {
    const [, ...others] = TABLE_TASK.columns
    const first = { name: 'dense_1/kernel', kind: 'number', centre: 0, scale: 1 } as const
    const task: TaskSchema = { ...TABLE_TASK, columns: [first, ...others] }
    const model = await sampleModel(task, 'linear')
    assert.throws(() => modelGraph(model), {
      code: 'ERR_NOT_EXPORTABLE',
      message: /^column "dense_1\/kernel" cannot be exported/
    })
  })

  const lstm = ['LSTM', { units: 3 }] as const
  const UNKNOWN: readonly [what: string, model: object, message: RegExp][] = [
    [
      'a layer',
      sequential(5, ['Reshape', { target_shape: [5, 1] }], lstm, ['Dense', { units: 3, activation: 'softmax' }]),
      /^layer "layer_1" \("LSTM"\) cannot be exported to onnx: /
    ],
    [
      'an activation',
      sequential(5, ['Dense', { units: 3, activation: 'gelu' }], ['Dense', { units: 3, activation: 'softmax' }]),
      /^layer "layer_0" \("Dense"\) cannot be exported to onnx: its activation "gelu" is not known/
    ]
  ]
  for (const [what, json, message] of UNKNOWN) {
    it(`refuses by name ${what} that it does not know`, async () => {
      const model = await sampleModel(TABLE_TASK, json)
      assert.throws(() => modelGraph(model), { code: 'ERR_NOT_EXPORTABLE', message })
    })
  }
})
