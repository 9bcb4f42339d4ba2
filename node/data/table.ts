import { DuplicateColumnError, UnnamedColumnError } from './errors.ts'

/** Cells as text, as they stand in one file. */
export interface Table {
  /** The file's path, for messages. */
  readonly source: string
  readonly columns: readonly string[]
  /** Shape [rows][columns]. */
  readonly rows: readonly (readonly string[])[]
  /** Shape [rows]: the line, from 1, on which each row starts. Absent: one row a line below a one-line header. */
  readonly lines?: readonly number[]
}

/** The line, from 1, on which a row starts. */
export function lineOf(table: Table, row: number): number {
  return table.lines?.[row] ?? row + 2
}

/** Throws UnnamedColumnError or DuplicateColumnError unless the names tell all columns apart. */
export function requireDistinctColumns(source: string, columns: readonly string[]): void {
  const positions = new Map<string, number>()
  for (const [index, column] of columns.entries()) {
    if (column.trim() === '') throw new UnnamedColumnError(source, index + 1, columns.length)
    const first = positions.get(column)
    if (first !== undefined) throw new DuplicateColumnError(source, column, first, index + 1)
    positions.set(column, index + 1)
  }
}
