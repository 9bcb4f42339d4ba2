import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { describeNotes, encodeTable, type TaskSchema } from '../../../../node/data/index.ts'
import { tableOf } from './table-of.ts'

const SCHEMA: TaskSchema = {
  kind: 'classification',
  label: 'y',
  columns: [
    { name: 'size', kind: 'number', centre: 0, scale: 1 },
    { name: 'age', kind: 'number', centre: 0, scale: 1 },
    { name: 'colour', kind: 'category', values: ['blue', 'red'] }
  ],
  classes: ['no', 'yes']
}

suite('describeNotes', () => {
  test('says nothing where all fits', () => {
    const { notes } = encodeTable(tableOf('size,age,colour,y', '1,2,red,no'), SCHEMA)
    assert.deepEqual(describeNotes(notes), [])
  })

  test('counts and names what the run does not know, and what is missing', () => {
    const table = tableOf('size,colour,extra,y', '1,green,0,no', '2,green,0,', '3,pink,0,yes', '4,green,0,no')
    const { notes } = encodeTable({ ...table, remarks: ['test.csv is not UTF-8: read as Windows-1252'] }, SCHEMA)
    assert.deepEqual(describeNotes(notes), [
      'test.csv is not UTF-8: read as Windows-1252',
      'columns that the run does not know: extra',
      'columns that are missing, taken as empty: age',
      'rows without a label, left out: 1',
      'rows whose "colour" the run does not know, taken as other: 3 (green, pink)'
    ])
  })

  test('does not list more names than fit a line', () => {
    const extra = Array.from({ length: 14 }, (_, index) => `e${index}`)
    const { notes } = encodeTable(
      tableOf(['size', 'age', 'colour', 'y', ...extra].join(), `1,2,red,no${',0'.repeat(14)}`),
      SCHEMA
    )
    assert.match(describeNotes(notes)[0]!, /: e0, .*, e11 and 2 more$/)
  })
})
