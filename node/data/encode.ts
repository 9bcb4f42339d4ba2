import { isMissing, parseNumber } from './cell.ts'
import { clampEncoded } from './clamp-encoded.ts'
import type { Dataset } from './dataset.ts'
import { encodeTensor } from './encode-tensor.ts'
import {
  LabelTooFarError,
  NoMatchingColumnsError,
  NoSuchColumnError,
  NotANumberError,
  UnknownClassError
} from './errors.ts'
import { isFlat } from './infer-tensor.ts'
import type { Labels } from './labels.ts'
import {
  type CategoryColumn,
  type ClassificationTask,
  columnWidth,
  featureCount,
  type NumberColumn,
  type RegressionTask,
  type TaskSchema
} from './schema.ts'
import { lineOf, placeOf, type Table } from './table.ts'
import { TensorNeededError, UnlabelledError } from './tensor-errors.ts'

/**
 * Labels are not moved to an end, for the model would learn that end, but refused from so many scales on: no data that
 * are worth a model are so far out, and squares of sums stay far from float32's end (3.4e38).
 */
const MAX_ENCODED_LABEL = 1e6

/** How many unlisted values of a column the notes quote. */
const MAX_VALUES_NOTED = 5

/** What did not fit the schema and was passed over. */
export interface EncodingNotes {
  /** Columns of the file that the schema does not know. */
  readonly ignoredColumns: readonly string[]
  /** Columns of the schema that the file lacks: encoded as missing in every row. */
  readonly missingColumns: readonly string[]
  /** Rows without a label, which are left out. */
  readonly missingLabels: number
  readonly unknownCategories: readonly UnknownCategories[]
  /** What else the owner should know about how the rows were read, a sentence each. */
  readonly remarks: readonly string[]
}

/** Values of one column that the schema does not list. */
export interface UnknownCategories {
  readonly column: string
  readonly rows: number
  /** The first five distinct ones. */
  readonly values: readonly string[]
}

/** Encoded rows without labels: every row of the file, in order. */
export interface EncodedFeatures {
  /** Shape [count, featureCount], row after row. */
  readonly features: Float32Array
  readonly count: number
  readonly featureCount: number
  readonly notes: EncodingNotes
}

export interface EncodedTable extends Dataset {
  readonly notes: EncodingNotes
}

/**
 * Encodes the labelled rows of a table. A number becomes `(value - centre) / scale`, at most 5 in size, and 0 where it
 * is missing; a category becomes one-hot, with the last slot for unlisted and missing values. The label becomes its
 * class number, or in a regression `(value - centre) / scale`, whatever its size.
 *
 * Throws TensorNeededError, UnlabelledError, NoSuchColumnError (label), NoMatchingColumnsError, UnknownClassError,
 * NotANumberError, LabelTooFarError, and what `encodeTensor` throws.
 */
export function encodeTable(table: Table, schema: TaskSchema): EncodedTable {
  requireKind(table, schema)
  if (table.tensor !== undefined && table.columns.length === 0) throw new UnlabelledError(table.source)
  const label = table.columns.indexOf(schema.label)
  if (label === -1) throw new NoSuchColumnError(table.source, schema.label, table.columns)
  const labelled = [...table.rows.keys()].filter((row) => !isMissing(table.rows[row]![label]!))
  const encoded = encodeRows(table, schema, labelled)
  const notes = { ...encoded.notes, missingLabels: table.rows.length - labelled.length }
  const cells = { table, rows: labelled, index: label }
  const labels = schema.kind === 'regression' ? encodeTargets(cells, schema) : encodeClasses(cells, schema)
  return { ...encoded, labels, notes }
}

/** The number that a regression model's output means, to a millionth of the label's scale: float32 holds no more. */
export function decodeTarget({ target }: RegressionTask, output: number): number {
  const decimals = 6 - Math.floor(Math.log10(target.scale))
  return Number((output * target.scale + target.centre).toFixed(Math.min(100, Math.max(0, decimals))))
}

/**
 * Encodes all rows of a table that need not have labels, to predict them. Same encoding as `encodeTable`.
 * Throws TensorNeededError, NoMatchingColumnsError, NotANumberError, and what `encodeTensor` throws.
 */
export function encodeFeatures(table: Table, schema: TaskSchema): EncodedFeatures {
  requireKind(table, schema)
  return encodeRows(table, schema, [...table.rows.keys()])
}

/** Before anything is said about labels or columns, which images have none of. */
function requireKind({ source, tensor }: Table, { columns }: TaskSchema): void {
  const needed = columns.find((column) => column.kind === 'tensor')
  if (needed !== undefined && tensor === undefined) throw new TensorNeededError(source, needed.shape)
  if (needed !== undefined || tensor === undefined || isFlat(tensor.shape)) return
  const expected = columns.map(({ name }) => name)
  throw new NoMatchingColumnsError(source, expected, [tensor.name])
}

function encodeClasses({ table, rows, index: label }: Cells, { classes }: ClassificationTask): Labels {
  const classOf = new Map(classes.map((name, index) => [name, index]))
  return Int32Array.from(rows, (row) => {
    const value = table.rows[row]![label]!.trim()
    const index = classOf.get(value)
    if (index === undefined) throw new UnknownClassError(placeOf(table, row), value, classes)
    return index
  })
}

function encodeTargets({ table, rows, index }: Cells, { label, target }: RegressionTask): Labels {
  return Float32Array.from(rows, (row) => {
    const cell = table.rows[row]![index]!
    const value = parseNumber(cell)
    if (value === undefined) throw new NotANumberError(table.source, lineOf(table, row), label, cell)
    const encoded = (value - target.centre) / target.scale
    if (Math.abs(encoded) <= MAX_ENCODED_LABEL) return encoded
    throw new LabelTooFarError(table.source, lineOf(table, row), label, cell.trim(), target)
  })
}

function encodeRows(table: Table, schema: TaskSchema, rows: readonly number[]): EncodedFeatures {
  if (table.tensor !== undefined) return encodeTensor(table, table.tensor, schema, rows)
  const missingColumns = requireSharedColumns(table, schema)
  const matrix: Matrix = { features: new Float32Array(rows.length * featureCount(schema)), width: featureCount(schema) }
  const unknownCategories: UnknownCategories[] = []
  let offset = 0
  for (const column of schema.columns) {
    if (column.kind === 'tensor') continue
    const cells = { table, rows, index: table.columns.indexOf(column.name) }
    if (column.kind === 'number') {
      encodeNumbers(matrix, offset, column, cells)
    } else {
      const unknown = encodeCategories(matrix, offset, column, cells)
      if (unknown.rows > 0) unknownCategories.push(unknown)
    }
    offset += columnWidth(column)
  }
  const known = new Set([schema.label, ...schema.columns.map(({ name }) => name)])
  const ignoredColumns = table.columns.filter((name) => !known.has(name))
  const notes = { ignoredColumns, missingColumns, missingLabels: 0, unknownCategories, remarks: table.remarks ?? [] }
  return { features: matrix.features, count: rows.length, featureCount: matrix.width, notes }
}

interface Matrix {
  /** Shape [rows, width]. */
  readonly features: Float32Array
  readonly width: number
}

/** One column of the chosen rows of a table; `index` is -1 where the table lacks it. */
interface Cells {
  readonly table: Table
  readonly rows: readonly number[]
  readonly index: number
}

/** The schema's columns that the table lacks; throws NoMatchingColumnsError when it lacks all. */
function requireSharedColumns(table: Table, schema: TaskSchema): string[] {
  const expected = schema.columns.map(({ name }) => name)
  const missing = expected.filter((name) => !table.columns.includes(name))
  if (missing.length === expected.length) throw new NoMatchingColumnsError(table.source, expected, table.columns)
  return missing
}

function encodeNumbers({ features, width }: Matrix, offset: number, column: NumberColumn, cells: Cells): void {
  const { table, rows, index } = cells
  if (index === -1) return
  for (const [to, row] of rows.entries()) {
    const cell = table.rows[row]![index]!
    if (isMissing(cell)) continue
    const value = parseNumber(cell)
    if (value === undefined) throw new NotANumberError(table.source, lineOf(table, row), column.name, cell)
    features[to * width + offset] = clampEncoded((value - column.centre) / column.scale)
  }
}

function encodeCategories(matrix: Matrix, offset: number, column: CategoryColumn, cells: Cells): UnknownCategories {
  const { table, rows, index } = cells
  const slots = new Map(column.values.map((value, slot) => [value, slot]))
  const unknown = new Set<string>()
  let unknownRows = 0
  for (const [to, row] of rows.entries()) {
    const cell = index === -1 ? '' : table.rows[row]![index]!.trim()
    const slot = slots.get(cell)
    matrix.features[to * matrix.width + offset + (slot ?? column.values.length)] = 1
    if (slot !== undefined || isMissing(cell)) continue
    unknownRows += 1
    if (unknown.size < MAX_VALUES_NOTED) unknown.add(cell)
  }
  return { column: column.name, rows: unknownRows, values: [...unknown] }
}
