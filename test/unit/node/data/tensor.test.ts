import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  encodeFeatures,
  encodeTable,
  featureCount,
  inferSchema,
  inputShape,
  type Table,
  type TaskSchema
} from '../../../../node/data/index.ts'
import { labelFor } from '../../../../node/data/label.ts'
import { placeOf, selectTableRows } from '../../../../node/data/table.ts'
import { joinTensors, requireFitting, type TensorValues } from '../../../../node/data/tensor.ts'
import { tableOf } from './table-of.ts'

function images(shape: readonly number[], values: TensorValues, labels: readonly string[]): Table {
  const tensor = { name: 'image', shape, values }
  return { source: 'birds', columns: ['label'], rows: labels.map((label) => [label]), tensor }
}

const GREY = images([1, 2, 1], Uint8Array.of(0, 100, 200, 100), ['wren', 'finch'])

function schemaOf(shape: readonly number[], centre = 0, scale = 1): TaskSchema {
  const column = { name: 'image', kind: 'tensor', shape, centre, scale } as const
  return { kind: 'classification', label: 'label', columns: [column], classes: ['finch', 'wren'] }
}

suite('the schema of images and arrays', () => {
  test('is one column with one centre and scale, and the classes', () => {
    const schema = inferSchema([GREY], { label: 'label', classes: ['starling'] })
    assert.deepEqual(schema.columns, [{ name: 'image', kind: 'tensor', shape: [1, 2, 1], centre: 100, scale: 71 }])
    assert.deepEqual(schema.classes, ['finch', 'starling', 'wren'])
    assert.equal(featureCount(schema), 2)
    assert.deepEqual(inputShape(schema), [1, 2, 1])
  })

  test('takes centre and scale from a part of very many values that stands for all', () => {
    const count = 3000
    const values = Uint8Array.from({ length: count * 784 }, (_, index) => (index % 784 === 300 ? 255 : index % 28))
    const labels = Array.from({ length: count }, (_, row) => `${row % 2}`)
    const [column] = inferSchema([images([28, 28, 1], values, labels)], { label: 'label' }).columns
    assert.ok(column?.kind === 'tensor')
    assert.ok(Math.abs(column.centre - 14) <= 1, `centre ${column.centre}`)
    // Of 0 to 27 alike it is 8.1; the one bright pixel, pulled in, adds little, where leaving it out of the sample adds none.
    assert.ok(column.scale >= 10 && column.scale <= 12, `scale ${column.scale}`)
  })

  test('has colour as soon as one folder has some', () => {
    const colour = images([1, 2, 3], new Uint8Array(12), ['wren', 'finch'])
    const [column] = inferSchema([GREY, colour], { label: 'label' }).columns
    assert.deepEqual(column?.kind === 'tensor' && column.shape, [1, 2, 3])
  })

  test('is a number column for each place of flat arrays, each with its own scale', () => {
    const flat = images([2], Float64Array.of(1, 1000, 2, 3000), ['a', 'b'])
    const schema = inferSchema([flat], { label: 'label' })
    assert.deepEqual(schema.columns, [
      { name: 'image_0', kind: 'number', centre: 1.5, scale: 0.5 },
      { name: 'image_1', kind: 'number', centre: 2000, scale: 1000 }
    ])
    assert.deepEqual(inputShape(schema), [2])
    assert.deepEqual([...encodeTable(flat, schema).features], [-1, -1, 1, 1])
    // A table with columns of those names has the same meaning.
    const table = tableOf('label,image_1,image_0', 'a,1000,1')
    assert.deepEqual([...encodeTable(table, schema).features], [-1, -1])
  })

  test('refuses tables beside images, images of other sizes, and images without labels', () => {
    const infer =
      (...tables: Table[]) =>
      () =>
        inferSchema(tables, { label: 'label' })
    assert.throws(infer(GREY, tableOf('label,x', 'wren,1')), { code: 'ERR_MIXED_SOURCES' })
    assert.throws(infer(GREY, images([2, 1, 1], new Uint8Array(2), ['wren'])), {
      code: 'ERR_SHAPE_MISMATCH',
      message: /birds is 2 x 1 x 1 .* from 1 x 2 x 1/
    })
    assert.throws(infer({ ...GREY, columns: [], rows: [[], []] }), { code: 'ERR_UNLABELLED' })
    assert.throws(() => inferSchema([GREY], { label: 'species' }), { code: 'ERR_NO_SUCH_COLUMN' })
  })
})

suite('encoding images and arrays', () => {
  test('centres, scales and clamps every value, and takes NaN as missing', () => {
    const table = images([1, 2, 1], Float32Array.of(100, Number.NaN, 110, 900), ['wren', 'finch'])
    const { features, labels, notes } = encodeTable(table, schemaOf([1, 2, 1], 100, 10))
    assert.deepEqual([...features], [0, 0, 1, 5])
    assert.deepEqual([...labels], [1, 0])
    assert.deepEqual(notes.remarks, [])
  })

  test('leaves rows without a label out, and needs none to predict', () => {
    const table = images([2], Uint8Array.of(1, 2, 3, 4), ['', 'finch'])
    const { features, notes } = encodeTable(table, schemaOf([2]))
    assert.deepEqual([...features], [3, 4])
    assert.equal(notes.missingLabels, 1)
    const unlabelled = { ...GREY, columns: [], rows: [[], []] }
    assert.deepEqual([...encodeFeatures(unlabelled, schemaOf([1, 2], 100, 50)).features], [-2, 0, 2, 0])
    assert.throws(() => encodeTable(unlabelled, schemaOf([1, 2])), { code: 'ERR_UNLABELLED' })
  })

  test('widens grey images of a run in colour, and reads colour by its luma in a grey run, and says so', () => {
    const wide = encodeTable(GREY, schemaOf([1, 2, 3]))
    assert.deepEqual([...wide.features.subarray(0, 6)], [0, 0, 0, 5, 5, 5])
    assert.match(wide.notes.remarks[0]!, /grey and the run's have colour/)
    const primaries = Uint8Array.of(255, 0, 0, 0, 255, 0, 0, 0, 255, 255, 255, 255)
    const grey = encodeTable(images([1, 2, 3], primaries, ['wren', 'finch']), schemaOf([1, 2, 1], 0, 255))
    assert.deepEqual(
      [...grey.features].map((value) => Math.round(255 * value)),
      [76, 150, 29, 255]
    )
    assert.match(grey.notes.remarks[0]!, /have colour and the run's are grey/)
  })

  test('names the image of another size, the one of an unknown class, and the row that is not finite', () => {
    const table = { ...GREY, names: ['wren/1.png', 'finch/1.png'] }
    assert.throws(() => encodeTable(table, schemaOf([2, 2, 1])), {
      code: 'ERR_SHAPE_MISMATCH',
      message: /birds.wren.1\.png is 1 x 2 x 1 .*learns from 2 x 2 x 1/
    })
    const unknown = { ...table, rows: [['wren'], ['robin']] }
    assert.throws(() => encodeTable(unknown, schemaOf([1, 2])), {
      code: 'ERR_UNKNOWN_CLASS',
      message: /birds.finch.1\.png: the label "robin" is none of the classes "finch", "wren"/
    })
    const endless = images([1], Float32Array.of(1, Number.NEGATIVE_INFINITY), ['wren', 'finch'])
    assert.throws(() => encodeTable(endless, schemaOf([1])), {
      code: 'ERR_NOT_FINITE',
      message: /row 1 holds -Infinity/
    })
  })

  test('refuses a table in a run of images, and images in a run of a table', () => {
    assert.throws(() => encodeTable(tableOf('species,image', 'wren,1'), schemaOf([28, 28, 1])), {
      code: 'ERR_TENSOR_NEEDED',
      message: /images or arrays of 28 x 28 x 1: .*not test\.csv/
    })
    const schema = inferSchema([tableOf('species,x', 'wren,1', 'finch,2')], { label: 'species' })
    assert.throws(() => encodeTable(GREY, schema), { code: 'ERR_NO_MATCHING_COLUMNS' })
  })
})

suite('rows of images and arrays', () => {
  test('are selected with their names and values, and joined', () => {
    const table = { ...GREY, names: ['a', 'b'], lines: [7, 9] }
    const picked = selectTableRows(table, [1])
    assert.deepEqual([picked.rows, picked.names, picked.lines], [[['finch']], ['b'], [9]])
    assert.deepEqual([...picked.tensor!.values], [200, 100])
    const joined = joinTensors([GREY.tensor!, { ...GREY.tensor!, values: Float32Array.of(0.5, 1.5) }])
    assert.deepEqual([...joined.values], [0, 100, 200, 100, 0.5, 1.5])
  })

  test('are named by their file, their line or their number', () => {
    assert.match(placeOf({ ...GREY, names: ['a.png', 'b.png'] }, 1), /^birds.b\.png$/)
    assert.equal(placeOf(GREY, 1), 'birds, row 1')
    assert.equal(placeOf(tableOf('a', '1'), 0), 'test.csv, line 2')
  })

  test('have a label of their own, and tables have none', () => {
    assert.equal(labelFor([GREY], undefined), 'label')
    assert.equal(labelFor([GREY], 'species'), 'species')
    assert.throws(() => labelFor([tableOf('a', '1')], undefined), {
      code: 'ERR_LABEL_NEEDED',
      message: /--data test\.csv needs --label COLUMN/
    })
  })

  test('are refused where they are too wide or too many', () => {
    requireFitting('x', 5461, [128, 128, 3])
    assert.throws(() => requireFitting('x', 5462, [128, 128, 3]), { code: 'ERR_TOO_MUCH_DATA', message: /5462 rows/ })
    assert.throws(() => requireFitting('x', 1, [129, 128, 3]), { code: 'ERR_TOO_MUCH_DATA', message: /49536 values/ })
  })
})
