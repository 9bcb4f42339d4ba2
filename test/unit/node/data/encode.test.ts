import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  encodeFeatures,
  encodeTable,
  inferSchema,
  requireTrainable,
  selectRows,
  type TaskSchema
} from '../../../../node/data/index.ts'
import { tableOf } from './table-of.ts'

const SCHEMA: TaskSchema = {
  kind: 'classification',
  label: 'y',
  columns: [
    { name: 'size', kind: 'number', centre: 10, scale: 2 },
    { name: 'colour', kind: 'category', values: ['blue', 'red'] }
  ],
  classes: ['no', 'yes']
}

suite('encodeTable', () => {
  test('centres and scales numbers, one-hot encodes categories, numbers classes', () => {
    const { features, labels, count, featureCount, notes } = encodeTable(
      tableOf('size,colour,y', '12,red,yes', '9,blue,no'),
      SCHEMA
    )
    assert.deepEqual([count, featureCount], [2, 4])
    assert.deepEqual([...features], [1, 0, 1, 0, -0.5, 1, 0, 0])
    assert.deepEqual([...labels], [1, 0])
    assert.deepEqual(notes, {
      ignoredColumns: [],
      missingColumns: [],
      missingLabels: 0,
      unknownCategories: [],
      remarks: []
    })
  })

  test('matches columns by name in any order and names those that it ignores', () => {
    const { features, notes } = encodeTable(tableOf('y,extra,colour,size', 'no,?,red,14'), SCHEMA)
    assert.deepEqual([...features], [2, 0, 1, 0])
    assert.deepEqual(notes.ignoredColumns, ['extra'])
  })

  test('encodes a missing number as the centre and a missing category as unknown', () => {
    const { features, notes } = encodeTable(tableOf('size,colour,y', 'NA,?,no'), SCHEMA)
    assert.deepEqual([...features], [0, 0, 0, 1])
    assert.deepEqual(notes.unknownCategories, [])
  })

  test('encodes a column that the file lacks as missing and names it', () => {
    const { features, notes } = encodeTable(tableOf('size,y', '8,no'), SCHEMA)
    assert.deepEqual([...features], [-1, 0, 0, 1])
    assert.deepEqual(notes.missingColumns, ['colour'])
  })

  test('encodes unlisted categories as unknown and notes how often and which', () => {
    const lines = ['a', 'b', 'c', 'd', 'e', 'f', 'a', 'red'].map((colour) => `10,${colour},no`)
    const { features, notes } = encodeTable(tableOf('size,colour,y', ...lines), SCHEMA)
    assert.deepEqual([...features.slice(0, 4)], [0, 0, 0, 1])
    assert.deepEqual(notes.unknownCategories, [{ column: 'colour', rows: 7, values: ['a', 'b', 'c', 'd', 'e'] }])
  })

  test('leaves out rows without a label and counts them', () => {
    const { count, labels, features, notes } = encodeTable(
      tableOf('size,colour,y', '12,red,', '8,red,yes', '6,red,null'),
      SCHEMA
    )
    assert.deepEqual([count, [...labels], features[0], notes.missingLabels], [1, [1], -1, 2])
  })

  test('keeps every encoded number within five scales, however wild', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const [encoded] = encodeTable(tableOf('size,colour,y', `${value},red,no`), SCHEMA).features
        assert.ok(Math.abs(encoded!) <= 5)
        assert.equal(encoded, Math.fround(Math.max(-5, Math.min(5, (value - 10) / 2))))
      }),
      { seed: 1 }
    )
  })

  test('refuses text for a number and a class that nobody agreed on, with line and value', () => {
    assert.throws(() => encodeTable(tableOf('size,colour,y', '1,red,no', 'big,red,no'), SCHEMA), {
      code: 'ERR_NOT_A_NUMBER',
      message: /test\.csv, line 3, column "size": "big"/
    })
    assert.throws(() => encodeTable({ ...tableOf('size,colour,y', '1,red,maybe'), lines: [7] }, SCHEMA), {
      code: 'ERR_UNKNOWN_CLASS',
      message: /line 7: the label "maybe" is none of the classes "no", "yes"/
    })
  })

  test('refuses a table without the label, and one of other columns altogether', () => {
    assert.throws(() => encodeTable(tableOf('size,x', '1,no'), SCHEMA), { code: 'ERR_NO_SUCH_COLUMN' })
    assert.throws(() => encodeTable(tableOf('width,y', '1,no'), SCHEMA), {
      code: 'ERR_NO_MATCHING_COLUMNS',
      message: /"size", "colour": its columns are "width", "y"/
    })
  })
})

suite('encodeFeatures', () => {
  test('encodes every row as encodeTable does, with or without the label column', () => {
    const labelled = tableOf('size,colour,y', '12,red,yes', '9,blue,no')
    const expected = encodeTable(labelled, SCHEMA).features
    assert.deepEqual(encodeFeatures(labelled, SCHEMA).features, expected)
    assert.deepEqual(encodeFeatures(tableOf('size,colour', '12,red', '9,blue'), SCHEMA).features, expected)
    assert.equal(encodeFeatures(tableOf('size,colour,y', '12,red,', '9,blue,else'), SCHEMA).count, 2)
  })
})

suite('selectRows', () => {
  test('copies features and labels together, in the order asked for', () => {
    const table = tableOf('a,b,y', '1,10,p', '2,20,q', '3,30,p')
    const dataset = encodeTable(table, inferSchema([table], { label: 'y' }))
    const selected = selectRows(dataset, [2, 0, 2])
    assert.deepEqual([...selected.labels], [0, 0, 0])
    const row = (i: number): number[] => [...dataset.features.slice(i * 2, i * 2 + 2)]
    assert.deepEqual([...selected.features], [...row(2), ...row(0), ...row(2)])
    assert.deepEqual([selected.count, selected.featureCount], [3, 2])
  })
})

suite('requireTrainable', () => {
  test('accepts two rows and refuses fewer', () => {
    const dataset = encodeTable(tableOf('size,colour,y', '1,red,no', '2,red,yes'), SCHEMA)
    requireTrainable(dataset, 'test.csv')
    assert.throws(() => requireTrainable(selectRows(dataset, [0]), 'test.csv'), {
      code: 'ERR_TOO_FEW_ROWS',
      message: /test\.csv leaves 1 rows/
    })
  })
})
