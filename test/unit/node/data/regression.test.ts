import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  decodeTarget,
  encodeFeatures,
  encodeTable,
  holdOut,
  inferSchema,
  type RegressionTask,
  selectRows
} from '../../../../node/data/index.ts'
import { tableOf } from './table-of.ts'

const SCHEMA: RegressionTask = {
  kind: 'regression',
  label: 'rent',
  columns: [{ name: 'rooms', kind: 'number', centre: 3, scale: 1 }],
  target: { centre: 500, scale: 100 }
}

const infer = (...lines: string[]) =>
  inferSchema([tableOf('rooms,rent', ...lines)], { label: 'rent', task: 'regression' })

suite('inferSchema for a regression', () => {
  test('normalises the label as a column of numbers, missing values apart', () => {
    const schema = infer('500,500', '400,400', '600,600', '550,NA', '450,')
    const [column] = inferSchema([tableOf('rooms,rent', '500,a', '400,b', '600,a')], { label: 'rent' }).columns
    assert.ok(column?.kind === 'number')
    assert.deepEqual(schema.target, { centre: column.centre, scale: column.scale })
    assert.deepEqual(
      schema.columns.map(({ name }) => name),
      ['rooms']
    )
  })

  test('refuses text in the label with file, line and value', () => {
    assert.throws(() => infer('1,500', '2,much'), {
      code: 'ERR_NOT_A_NUMBER',
      message: /^test\.csv, line 3, column "rent": "much" is not a number/
    })
  })

  test('refuses a label with nothing to predict', () => {
    const code = 'ERR_CONSTANT_LABEL'
    assert.throws(() => infer('1,500', '2,500.0'), { code, message: /"rent" has the same value in all rows, 500:/ })
    assert.throws(() => infer('1,', '2,NA'), { code, message: /"rent" has no value:/ })
  })

  test('refuses classes', () => {
    const options = { label: 'rent', task: 'regression', classes: ['low'] } as const
    assert.throws(() => inferSchema([tableOf('rooms,rent', '1,2', '2,3')], options), {
      code: 'ERR_CLASSES_OF_NUMBERS',
      message: /"low"/
    })
  })
})

suite('encodeTable for a regression', () => {
  test('encodes labels as float32 by the target, whatever their size, and leaves rows without one out', () => {
    const { labels, count, notes } = encodeTable(tableOf('rent,rooms', '550,1', '?,2', '2500,3', '-1e3,4'), SCHEMA)
    assert.ok(labels instanceof Float32Array)
    assert.deepEqual([[...labels], count, notes.missingLabels], [[0.5, 20, -15], 3, 1])
  })

  test('refuses text, and a number that is out of all proportion', () => {
    assert.throws(() => encodeTable(tableOf('rent,rooms', '550,1', 'low,2'), SCHEMA), {
      code: 'ERR_NOT_A_NUMBER',
      message: /line 3, column "rent": "low"/
    })
    const message = /^test\.csv, line 2, column "rent": "1e99" is too far from the run's 500 \+- 100/
    assert.throws(() => encodeTable(tableOf('rent,rooms', '1e99,1'), SCHEMA), { code: 'ERR_LABEL_TOO_FAR', message })
    encodeTable(tableOf('rent,rooms', '1e8,1'), SCHEMA)
  })

  test('keeps its kind of label in a selection, and holds rows out by it', () => {
    const all = encodeTable(tableOf('rent,rooms', ...Array.from({ length: 200 }, (_, i) => `${i},1`)), SCHEMA)
    const { training, heldOut } = holdOut(all, 0.2, 1)
    assert.ok(heldOut.length > 20 && heldOut.length < 60, `${heldOut.length} of 200 held out`)
    const selected = selectRows(all, training)
    assert.ok(selected.labels instanceof Float32Array)
    assert.equal(selected.labels[0], all.labels[training[0]!])
  })

  test('needs no label to predict', () => {
    assert.deepEqual([...encodeFeatures(tableOf('rooms', '4'), SCHEMA).features], [1])
  })
})

suite('decodeTarget', () => {
  test('gives encoded labels back to a millionth of the scale', () => {
    const property = fc.property(
      fc.double({ min: -1e6, max: 1e6, noNaN: true }),
      fc.double({ min: 1e-6, max: 1e6, noNaN: true }),
      fc.double({ min: -5, max: 5, noNaN: true }),
      (centre, scale, distance) => {
        const value = centre + distance * scale
        const decoded = decodeTarget({ ...SCHEMA, target: { centre, scale } }, (value - centre) / scale)
        assert.ok(Math.abs(decoded - value) <= 1e-6 * scale, `${value} came back as ${decoded}`)
      }
    )
    fc.assert(property, { seed: 1, numRuns: 500 })
  })

  test('shows no more digits than an output has', () => {
    assert.equal(decodeTarget(SCHEMA, Math.fround(0.1)), 510)
    assert.equal(decodeTarget({ ...SCHEMA, target: { centre: 0, scale: 1e9 } }, Math.fround(0.1)), 100000001)
  })
})
