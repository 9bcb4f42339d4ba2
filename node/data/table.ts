import { join } from 'node:path'
import { DuplicateColumnError, UnnamedColumnError } from './errors.ts'
import { selectTensorRows, type Tensor } from './tensor.ts'

/** Rows of one file or folder: cells as text, as they stand there, and an array of numbers beside them where there is one. */
export interface Table {
  /** The path, for messages. */
  readonly source: string
  readonly columns: readonly string[]
  /** Shape [rows][columns]. */
  readonly rows: readonly (readonly string[])[]
  /** Shape [rows]: the line, from 1, on which each row starts. Absent: one row a line below a one-line header. */
  readonly lines?: readonly number[]
  /** Shape [rows]: the file that each row is, relative to the folder. */
  readonly names?: readonly string[]
  /** Images or arrays, one a row. `columns` then holds the label alone, or nothing. */
  readonly tensor?: Tensor
  /** What the owner should know about how this was read, a sentence each. */
  readonly remarks?: readonly string[]
}

/** The line, from 1, on which a row starts. */
export function lineOf(table: Table, row: number): number {
  return table.lines?.[row] ?? row + 2
}

/** Where a row stands, for messages: its line, its file, or its number. */
export function placeOf(table: Table, row: number): string {
  const name = table.names?.[row]
  if (name !== undefined) return join(table.source, name)
  return table.tensor === undefined ? `${table.source}, line ${lineOf(table, row)}` : `${table.source}, row ${row}`
}

/** The rows at `indices`, in that order. */
export function selectTableRows(table: Table, indices: readonly number[]): Table {
  const { lines, names, tensor } = table
  return {
    ...table,
    rows: indices.map((index) => table.rows[index]!),
    ...(lines === undefined ? {} : { lines: indices.map((index) => lines[index]!) }),
    ...(names === undefined ? {} : { names: indices.map((index) => names[index]!) }),
    ...(tensor === undefined ? {} : { tensor: selectTensorRows(tensor, indices) })
  }
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
