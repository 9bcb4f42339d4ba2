import type { Table } from '../../../../node/data/index.ts'

/** A table from lines of cells separated by commas; the first line is the header. */
export function tableOf(header: string, ...lines: string[]): Table {
  return { source: 'test.csv', columns: header.split(','), rows: lines.map((line) => line.split(',')) }
}
