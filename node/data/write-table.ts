import { createWriteStream } from 'node:fs'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { AbortOptions } from '@libp2p/interface'
import { RaggedRowError } from './errors.ts'
import { requireDistinctColumns } from './table.ts'

/**
 * Writes a CSV file that `readTable` reads back cell for cell: UTF-8, commas, `\n`, cells quoted only where they must
 * be (RFC 4180); but rows of two cells and more that hold nothing are not read back where they stand last. An existing
 * file is overwritten. `rows`: shape [rows][columns].
 *
 * Throws UnnamedColumnError, DuplicateColumnError, RaggedRowError, and AbortError when the signal fires.
 */
export async function writeTable(
  path: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
  options: AbortOptions = {}
): Promise<void> {
  requireDistinctColumns(path, columns)
  for (const [index, row] of rows.entries()) {
    if (row.length !== columns.length) throw new RaggedRowError(path, index + 2, row.length, columns.length)
  }
  await pipeline(Readable.from(linesOf(columns, rows)), createWriteStream(path), options)
}

function* linesOf(columns: readonly string[], rows: readonly (readonly string[])[]): Generator<string> {
  yield lineOfCells(columns)
  for (const row of rows) yield lineOfCells(row)
}

function lineOfCells(cells: readonly string[]): string {
  // An empty line would be read as no row at all.
  if (cells.length === 1 && cells[0] === '') return '""\n'
  return `${cells.map(quoteCell).join(',')}\n`
}

/**
 * Delimiters of any dialect are quoted too, so that the header leaves no doubt; spaces at the ends would be trimmed.
 */
function quoteCell(cell: string): string {
  const isPlain = !/[",;\t\r\n\uFEFF]/.test(cell) && cell.trim() === cell
  return isPlain ? cell : `"${cell.replaceAll('"', '""')}"`
}
