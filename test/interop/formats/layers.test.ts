import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encodeFeatures, type TaskSchema } from '../../../node/data/index.ts'
import { formatNamed, type PortableModel } from '../../../node/model-files/index.ts'
import { createLoss, createPredictor, decodeTopology, encodeModelJson } from '../../../node/training/index.ts'
import { createRandom } from '../../../protocols/averaging/index.ts'
import { runOnnx } from './onnx-runtime.ts'
import { functional, sequential } from './trained-models.ts'

const TOLERANCE = 1e-5
const COLUMNS = 48
const ROWS = 20

const TASK: TaskSchema = {
  kind: 'classification',
  label: 'kind',
  columns: Array.from({ length: COLUMNS }, (_, at) => ({ name: `c${at}`, kind: 'number', centre: 0, scale: 1 })),
  classes: ['a', 'b', 'c']
}

const input = { batch_input_shape: [null, COLUMNS] }
const image = ['Reshape', { target_shape: [6, 4, 2], ...input }] as const
const sequence = ['Reshape', { target_shape: [12, 4], ...input }] as const
const head = ['Dense', { units: 3, activation: 'softmax' }] as const
const flat = ['Flatten', {}] as const
const window = (config: object) => ({ kernel_size: [3, 3], ...config })

/** What one layer does to an image or a sequence, by its name, and what the same means in ONNX. */
const MODELS: Readonly<Record<string, object>> = {
  'an Activation at the end': sequential(['Dense', { units: 3, ...input }], ['Activation', { activation: 'softmax' }]),
  'a Softmax at the end': sequential(['Dense', { units: 3, ...input }], ['Softmax', {}]),
  'no activation at the end': sequential(
    ['Dense', { units: 5, activation: 'tanh', ...input }],
    ['Dense', { units: 3 }]
  ),
  'no bias': sequential(['Dense', { units: 5, use_bias: false, activation: 'elu', ...input }], head),
  'a dense layer on a sequence': sequential(sequence, ['Dense', { units: 3, activation: 'selu' }], flat, head),
  'Conv2D, valid': sequential(image, ['Conv2D', window({ filters: 3, strides: [2, 1] })], flat, head),
  'Conv2D, same with an odd stride': sequential(
    image,
    ['Conv2D', window({ filters: 3, padding: 'same', strides: 2 })],
    flat,
    head
  ),
  'Conv2D of an even window, same': sequential(
    image,
    ['Conv2D', { filters: 3, kernel_size: [2, 4], padding: 'same' }],
    flat,
    head
  ),
  DepthwiseConv2D: sequential(image, ['DepthwiseConv2D', window({ depth_multiplier: 2, padding: 'same' })], flat, head),
  SeparableConv2D: sequential(image, ['SeparableConv2D', window({ filters: 3, activation: 'relu' })], flat, head),
  Conv1D: sequential(sequence, ['Conv1D', { filters: 3, kernel_size: 3, padding: 'same', strides: 2 }], flat, head),
  'MaxPooling2D, same': sequential(
    image,
    ['MaxPooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'same' }],
    flat,
    head
  ),
  'AveragePooling2D, same': sequential(
    image,
    ['AveragePooling2D', { pool_size: [3, 3], strides: [2, 2], padding: 'same' }],
    flat,
    head
  ),
  'AveragePooling2D, valid': sequential(image, ['AveragePooling2D', { pool_size: 2 }], flat, head),
  MaxPooling1D: sequential(sequence, ['MaxPooling1D', { pool_size: 2, strides: 2, padding: 'valid' }], flat, head),
  AveragePooling1D: sequential(
    sequence,
    ['AveragePooling1D', { pool_size: 3, strides: 2, padding: 'valid' }],
    flat,
    head
  ),
  GlobalAveragePooling2D: sequential(image, ['GlobalAveragePooling2D', {}], head),
  GlobalMaxPooling2D: sequential(image, ['GlobalMaxPooling2D', {}], head),
  GlobalAveragePooling1D: sequential(sequence, ['GlobalAveragePooling1D', {}], head),
  GlobalMaxPooling1D: sequential(sequence, ['GlobalMaxPooling1D', {}], head),
  ZeroPadding2D: sequential(
    image,
    [
      'ZeroPadding2D',
      {
        padding: [
          [1, 2],
          [0, 1]
        ]
      }
    ],
    ['Conv2D', window({ filters: 2 })],
    flat,
    head
  ),
  Permute: sequential(image, ['Permute', { dims: [3, 1, 2] }], flat, head),
  RepeatVector: sequential(['Dense', { units: 4, ...input }], ['RepeatVector', { n: 3 }], flat, head),
  LayerNormalization: sequential(['LayerNormalization', { axis: -1, ...input }], head),
  'Dropout and SpatialDropout1D': sequential(
    sequence,
    ['SpatialDropout1D', { rate: 0.5 }],
    flat,
    ['Dropout', { rate: 0.5 }],
    head
  ),
  'ReLU, with and without an end': sequential(['ReLU', { max_value: 0.5, ...input }], ['ReLU', {}], head),
  LeakyReLU: sequential(['LeakyReLU', { alpha: 0.2, ...input }], head),
  PReLU: sequential(image, ['PReLU', {}], flat, head),
  ELU: sequential(['ELU', { ...input }], head),
  ...Object.fromEntries(
    ['relu6', 'sigmoid', 'hardSigmoid', 'hard_sigmoid', 'softplus', 'softsign', 'logSoftmax', 'swish', 'mish'].map(
      (activation) => [`the activation ${activation}`, sequential(['Dense', { units: 6, activation, ...input }], head)]
    )
  ),
  'a graph with merges': functional(COLUMNS, {
    left: ['Dense', { units: 4, activation: 'relu' }, 'input'],
    right: ['Dense', { units: 4, activation: 'tanh' }, 'input'],
    sum: ['Add', {}, 'left', 'right'],
    product: ['Multiply', {}, 'left', 'right', 'sum'],
    mean: ['Average', {}, 'left', 'right'],
    most: ['Maximum', {}, 'left', 'right'],
    least: ['Minimum', {}, 'sum', 'right'],
    all: ['Concatenate', { axis: -1 }, 'product', 'mean', 'most', 'least'],
    head: ['Dense', { units: 3, activation: 'softmax' }, 'all']
  }),
  'a layer that is used twice': functional(COLUMNS, {
    narrow: ['Dense', { units: 4 }, 'input'],
    shared: ['Dense', { units: 4, activation: 'tanh' }, 'narrow', '|', 'shared'],
    head: ['Dense', { units: 3, activation: 'softmax' }, 'shared:1']
  })
}

const random = createRandom(5)
const cells = Array.from({ length: ROWS }, () =>
  Array.from({ length: COLUMNS }, () => Math.fround(4 * random.next() - 2))
)
const table = {
  source: 'a.csv',
  columns: TASK.columns.map(({ name }) => name),
  rows: cells.map((row) => row.map(String))
}
const columns = Object.fromEntries(table.columns.map((name, at) => [name, cells.map((row) => String(row[at]))]))

/** With weights by chance, so that no bias is zero. */
async function modelOf(json: object): Promise<PortableModel> {
  const modelJson = encodeModelJson(json)
  const topology = await decodeTopology(modelJson)
  const weights = Float32Array.from({ length: topology.parameterCount }, () => 1.2 * random.next() - 0.6)
  return { task: TASK, topology, modelJson, weights, origin: {} }
}

async function expected({ task, topology, weights }: PortableModel): Promise<Float32Array> {
  const rows = encodeFeatures(table, task)
  const predictor = await createPredictor(topology, createLoss(task))
  const outputs = await predictor.predict(weights, { values: rows.features, count: rows.count })
  await predictor.close()
  return outputs
}

async function difference(model: PortableModel, outputs: Float32Array): Promise<number> {
  const [file] = await (await formatNamed('onnx')).encode(model, 'model.onnx')
  const { probabilities } = await runOnnx(file!.bytes, columns)
  assert.equal(probabilities!.data.length, outputs.length)
  return Math.max(...outputs.map((output, at) => Math.abs(output - Number(probabilities!.data[at]))))
}

describe('layers in ONNX Runtime', () => {
  for (const [what, json] of Object.entries(MODELS)) {
    it(`compute what they compute here: ${what}`, async () => {
      const model = await modelOf(json)
      const found = await difference(model, await expected(model))
      assert.ok(found <= TOLERANCE, `differs by ${found}`)
    })
  }

  it('differ where a window lies elsewhere (control)', async () => {
    const padded = await modelOf(
      sequential(image, ['Conv2D', window({ filters: 3, strides: 2, padding: 'same' })], flat, head)
    )
    const shifted = await modelOf(
      sequential(
        image,
        [
          'ZeroPadding2D',
          {
            padding: [
              [1, 0],
              [1, 0]
            ]
          }
        ],
        ['Conv2D', window({ filters: 3, strides: 2 })],
        flat,
        head
      )
    )
    const found = await difference({ ...shifted, weights: padded.weights }, await expected(padded))
    assert.ok(found > 100 * TOLERANCE, `differs by ${found} only`)
  })
})
