import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { readTable, writeTable } from '../../../../node/data/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

/** Text made of everything that matters to a CSV parser. */
const CELL = fc.string({
  unit: fc.constantFrom('a', '1', 'é', '🐦', '"', ',', ';', '\t', ' ', '\n', '\r', '\r\n', '\uFEFF', "'", '\\'),
  maxLength: 6
})

const TABLE = fc
  .uniqueArray(
    CELL.filter((name) => name.trim() !== ''),
    { minLength: 1, maxLength: 4 }
  )
  .chain((columns) => {
    const row = fc.array(CELL, { minLength: columns.length, maxLength: columns.length })
    const rows = fc.array(row, { minLength: 1, maxLength: 5 })
    // What spreadsheets leave at the end is not read back.
    const endsInValues = (all: string[][]) => columns.length === 1 || all.at(-1)!.some((cell) => cell.trim() !== '')
    return fc.record({ columns: fc.constant(columns), rows: rows.filter(endsInValues) })
  })

suite('writeTable', () => {
  test('writes plain cells plainly', async (t) => {
    const path = join(await temporaryFolder(t), 'a.csv')
    await writeTable(
      path,
      ['a', 'b'],
      [
        ['1', ''],
        ['x y', '"']
      ]
    )
    assert.equal(await readFile(path, 'utf8'), 'a,b\n1,\nx y,""""\n')
  })

  test('is read back cell for cell', async (t) => {
    const path = join(await temporaryFolder(t), 'a.csv')
    const roundtrip = fc.asyncProperty(TABLE, async ({ columns, rows }) => {
      await writeTable(path, columns, rows)
      const table = await readTable(path)
      assert.deepEqual(table.columns, columns)
      assert.deepEqual(table.rows, rows)
    })
    await fc.assert(roundtrip, { seed: 1, numRuns: 300 })
  })

  test('quotes for a reason: joined by bare commas, the same tables are not read back', async (t) => {
    const path = join(await temporaryFolder(t), 'a.csv')
    const unquoted = fc.asyncProperty(TABLE, async ({ columns, rows }) => {
      await writeFile(path, [columns, ...rows].map((cells) => cells.join(',')).join('\n'))
      assert.deepEqual((await readTable(path)).rows, rows)
    })
    await assert.rejects(fc.assert(unquoted, { seed: 1 }))
  })

  test('refuses rows and headers that readTable would refuse', async (t) => {
    const path = join(await temporaryFolder(t), 'a.csv')
    await assert.rejects(writeTable(path, ['a', 'b'], [['1']]), { code: 'ERR_RAGGED_ROW' })
    await assert.rejects(writeTable(path, ['a', 'a'], [['1', '2']]), { code: 'ERR_DUPLICATE_COLUMN' })
    await assert.rejects(writeTable(path, ['a', ' '], [['1', '2']]), { code: 'ERR_UNNAMED_COLUMN' })
  })
})
