import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { readData, SAMPLE_SETS, type Table } from '../../../node/data/index.ts'
import { formatNamed, type PortableModel } from '../../../node/model-files/index.ts'
import { columnsOf, type Output, type RawColumns, runOnnx } from './onnx-runtime.ts'
import { sequential, trainModel } from './trained-models.ts'

/** Of issue 6: the same outputs on every row. */
const TOLERANCE = 1e-5

async function exported(model: PortableModel): Promise<Uint8Array> {
  const [file] = await (await formatNamed('onnx')).encode(model, 'model.onnx')
  return file!.bytes
}

/** Throws unless all are within the tolerance; returns the largest difference. */
function requireClose(found: Output, expected: ArrayLike<number>): number {
  assert.equal(found.data.length, expected.length)
  let largest = 0
  for (let at = 0; at < expected.length; at++)
    largest = Math.max(largest, Math.abs(Number(found.data[at]) - expected[at]!))
  assert.ok(largest <= TOLERANCE, `outputs differ by ${largest}`)
  return largest
}

/** Names of the most probable classes. */
function labelsOf(probabilities: Float32Array, classes: readonly string[]): string[] {
  return Array.from({ length: probabilities.length / classes.length }, (_, row) => {
    const scores = probabilities.subarray(row * classes.length, (row + 1) * classes.length)
    return classes[scores.indexOf(Math.max(...scores))]!
  })
}

/** The pixels of the digits as images, as an `.npz` of them is read. */
async function digitImages(): Promise<{ table: Table; columns: RawColumns }> {
  const { path, label } = SAMPLE_SETS.digits
  const columns = columnsOf(await readFile(path, 'utf8'))
  const pixels = Object.keys(columns).filter((name) => name !== label)
  const rows = columns[label]!.map((_, row) => pixels.map((name) => Number(columns[name]![row])))
  const values = Float32Array.from(rows.flat())
  const tensor = { name: 'x', shape: [8, 8, 1], values }
  return {
    table: { source: 'digits.npz', columns: [label], rows: columns[label]!.map((name) => [name]), tensor },
    columns: { x: values }
  }
}

async function sampleSet(name: 'digits' | 'wdbc'): Promise<{ table: Table; columns: RawColumns }> {
  const { path } = SAMPLE_SETS[name]
  return { table: await readData(path), columns: columnsOf(await readFile(path, 'utf8')) }
}

/** The thirty measurements of a sample as an image of six by five: what a user's own model may do. */
const CNN_ON_COLUMNS = sequential(
  ['Reshape', { target_shape: [6, 5, 1], batch_input_shape: [null, 30] }],
  ['Conv2D', { filters: 4, kernel_size: [3, 2], padding: 'same', activation: 'relu' }],
  ['MaxPooling2D', { pool_size: [2, 2] }],
  ['Flatten', {}],
  ['Dense', { units: 2, activation: 'softmax' }]
)

const CASES = [
  { data: 'digits', spec: 'linear', open: () => sampleSet('digits') },
  { data: 'digits', spec: 'mlp:32,16', open: () => sampleSet('digits') },
  { data: 'digits as images', spec: 'cnn:8', open: digitImages },
  { data: 'wdbc', spec: 'linear', open: () => sampleSet('wdbc') },
  { data: 'wdbc', spec: 'mlp:16', open: () => sampleSet('wdbc') },
  { data: 'wdbc', spec: CNN_ON_COLUMNS, open: () => sampleSet('wdbc') }
] as const

describe('ONNX Runtime on raw columns', () => {
  for (const { data, spec, open } of CASES) {
    const named = typeof spec === 'string' ? spec : 'a convolution of the user'
    it(`gives the outputs of the program on all rows of ${data}, ${named}`, async (t) => {
      const label = data === 'wdbc' ? SAMPLE_SETS.wdbc.label : SAMPLE_SETS.digits.label
      const { table, columns } = await open()
      const { model, predict } = await trainModel(table, label, spec)
      assert.ok(model.task.kind === 'classification')
      const expected = await predict(table)
      const { label: labels, probabilities } = await runOnnx(await exported(model), columns)
      const difference = requireClose(probabilities!, expected)
      assert.deepEqual(Array.from(labels!.data), labelsOf(expected, model.task.classes))
      t.diagnostic(`${table.rows.length} rows, largest difference ${difference.toExponential(1)}`)
    })
  }

  it('is told apart from a model whose normalisation or weights are a little off (control)', async () => {
    const { table, columns } = await sampleSet('wdbc')
    const { model, predict } = await trainModel(table, SAMPLE_SETS.wdbc.label, 'linear')
    const expected = await predict(table)
    const [first, ...others] = model.task.columns
    assert.ok(first?.kind === 'number')
    const moved = { ...model.task, columns: [{ ...first, centre: first.centre + first.scale / 100 }, ...others] }
    const nudged = Float32Array.from(model.weights, (weight, at) => (at === 0 ? weight + 1e-3 : weight))
    for (const wrong of [
      { ...model, task: moved },
      { ...model, weights: nudged }
    ]) {
      const { probabilities } = await runOnnx(await exported(wrong), columns)
      assert.throws(() => requireClose(probabilities!, expected), /outputs differ/)
    }
  })

  it('gives them for categories, unknown ones, missing values, values far out and years', async () => {
    const places = ['Oslo', 'Rome', '', 'Bern', 'NA']
    const lines = Array.from({ length: 60 }, (_, row) => {
      const size = row % 7 === 0 ? '' : String((row * 37) % 101)
      return [size, places[row % 5], 1990 + (row % 30), row === 9 ? 1e9 : row % 3, row % 2 === 0 ? 'yes' : 'no'].join(
        ','
      )
    })
    const header = 'size,place,year,rooms,sold'
    const open = (csv: string) => {
      const [head, ...rows] = csv.split('\n').map((line) => line.split(','))
      return { source: 'flats.csv', columns: head!, rows }
    }
    const known = open([header, ...lines].join('\n'))
    const { model, predict } = await trainModel(known, 'sold', 'mlp:8')
    assert.deepEqual(
      model.task.columns.map(({ kind }) => kind),
      ['number', 'category', 'number', 'number']
    )
    const strange = [header, ...lines, '5,Atlantis,2050,1,yes', ',,,,no'].join('\n').replace('2050', '2050.125')
    const expected = await predict(open(strange))
    const columns = columnsOf(strange)
    const trimmed = { ...columns, rooms: columns.rooms!, year: columns.year! }
    const { probabilities } = await runOnnx(await exported(model), trimmed)
    requireClose(probabilities!, expected)
  })

  it('gives the number of a regression in its own unit, where float32 would not hold it', async () => {
    const lines = Array.from({ length: 80 }, (_, row) => `${row},${(row * 13) % 17},${1_700_000_000 + 3 * row}`)
    const csv = ['a,b,when', ...lines].join('\n')
    const [head, ...rows] = csv.split('\n').map((line) => line.split(','))
    const table = { source: 'times.csv', columns: head!, rows }
    const { model, predict } = await trainModel(table, 'when', 'mlp:8', 'regression')
    assert.ok(model.task.kind === 'regression')
    const { centre, scale } = model.task.target
    const encoded = await predict(table)
    const { value } = await runOnnx(await exported(model), columnsOf(csv))
    const decoded = Array.from(value!.data, (number) => (Number(number) - centre) / scale)
    requireClose({ data: decoded as unknown as Output['data'], dims: value!.dims }, encoded)
    assert.ok(Math.abs(Number(value!.data[40]) - 1_700_000_120) < 400)
  })

  it('keeps columns apart from answers that are called the same', async () => {
    const csv = [
      'label,probabilities,kind',
      ...Array.from({ length: 40 }, (_, row) => `${row},${row % 5},${row % 2 ? 'a' : 'b'}`)
    ].join('\n')
    const [head, ...rows] = csv.split('\n').map((line) => line.split(','))
    const { model, predict } = await trainModel({ source: 'a.csv', columns: head!, rows }, 'kind', 'linear')
    const found = await runOnnx(await exported(model), columnsOf(csv))
    requireClose(found.probabilities_!, await predict({ source: 'a.csv', columns: head!, rows }))
    assert.equal(found.label_!.data.length, 40)
  })
})
