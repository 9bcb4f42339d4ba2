import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { readData } from '../../../../node/data/index.ts'
import { temporaryFolder } from './temporary-folder.ts'

const KNOWN = new Set([
  'read',
  'ERR_NOT_TEXT',
  'ERR_EMPTY_TABLE',
  'ERR_UNNAMED_COLUMN',
  'ERR_DUPLICATE_COLUMN',
  'ERR_RAGGED_ROW',
  'ERR_TABLE_SYNTAX'
])

/** What matters to a reader of text: marks, separators, quotes, line ends, numbers, halves of characters. */
const PIECE = fc.oneof(
  fc.constantFrom('sep=', ';', ',', '\t', '"', '""', '\n', '\r', '\r\n', 'a', '1,5', '2.5', ' ', 'é', '🐦', '|'),
  fc.constantFrom('\uFEFF', '\x00'),
  fc.uint8Array({ minLength: 1, maxLength: 2 })
)

suite('mutated tables', () => {
  test('are read with as many cells in every row as in the header, or refused', async (t) => {
    const path = join(await temporaryFolder(t), 'a.csv')
    const outcomes = new Set<string>()
    const start = fc.constantFrom(
      '',
      '',
      'a;b\n1,5;2\n',
      'a,a',
      ',b',
      'sep=|\r\na|b\r\n1|2\r\n',
      '\xff\xfe',
      '\xfe\xff'
    )
    const property = fc.asyncProperty(start, fc.array(PIECE, { maxLength: 12 }), async (beginning, pieces) => {
      const bytes = pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece))
      await writeFile(path, Buffer.concat([Buffer.from(beginning, 'latin1'), ...bytes]))
      try {
        const { columns, rows } = await readData(path)
        outcomes.add('read')
        assert.ok(rows.length > 0 && rows.every((row) => row.length === columns.length))
      } catch (error) {
        outcomes.add((error as { code?: string }).code ?? String(error))
      }
    })
    await fc.assert(property, { seed: 3, numRuns: 600 })
    assert.deepEqual([...outcomes].sort(), [...KNOWN].sort())
  })
})
