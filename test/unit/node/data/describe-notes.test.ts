import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describeNotes } from '../../../../node/data/index.ts'

const NOTHING = { ignoredColumns: [], missingColumns: [], missingLabels: 0, unknownCategories: [], remarks: [] }

test('says nothing of a file that fits', () => {
  assert.deepEqual(describeNotes(NOTHING), [])
})

test('says what was passed over, with names, values and counts', () => {
  const said = describeNotes({
    ignoredColumns: ['z'],
    missingColumns: ['x', 'y'],
    missingLabels: 3,
    unknownCategories: [{ column: 'site', rows: 2, values: ['lfet', 'rigth'] }],
    remarks: ['read as Windows-1252']
  })
  assert.equal(said.length, 5)
  assert.equal(said.shift(), 'read as Windows-1252')
  assert.match(said[0]!, /does not know are left out: "z"$/)
  assert.match(said[1]!, /count as missing in every row: "x", "y"$/)
  assert.match(said[2]!, /without a label are left out: 3$/)
  assert.match(said[3]!, /column "site" .* in 2 rows \("lfet", "rigth"\): they count as unknown/)
})

test('counts names beyond a dozen', () => {
  const ignoredColumns = Array.from({ length: 20 }, (_, at) => `c${at}`)
  assert.match(describeNotes({ ...NOTHING, ignoredColumns })[0]!, /"c11" and 8 more$/)
})
