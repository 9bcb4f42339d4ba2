import { isMissing, parseNumber } from './cell.ts'
import { looksContinuous } from './continuous-label.ts'
import {
  ClassesOfNumbersError,
  ConstantLabelError,
  ContinuousLabelError,
  NoFeatureColumnsError,
  NoSuchColumnError,
  NotANumberError,
  OneClassError,
  TooManyCategoriesError
} from './errors.ts'
import { inferTensorColumns } from './infer-tensor.ts'
import { normalisationOf } from './normalisation.ts'
import type { ClassificationTask, Column, RegressionTask, TaskSchema } from './schema.ts'
import { lineOf, type Table } from './table.ts'
import { UnlabelledError } from './tensor-errors.ts'

/** A feature each: more than this is a name or a number of a row, which says nothing about another peer's rows. */
const MAX_CATEGORIES = 1000

export interface InferSchemaOptions {
  /** The column to predict. Every table must have it. */
  readonly label: string
  /** What to predict of it. By default its class, and a label that looks like a number to predict is refused. */
  readonly task?: TaskSchema['kind']
  /** Classes that other owners hold, besides those found here. What reads as a missing value is no class. */
  readonly classes?: readonly string[]
}

/**
 * The schema of several files together. Columns match by name in any order; one that a file lacks counts as missing
 * there; one without any value is left out. A column whose values are all finite decimal numbers is a number, any other
 * a category. Images and arrays are one tensor column, flat arrays a number column for each place. The label of a
 * regression is normalised as a column of numbers is.
 *
 * Throws NoSuchColumnError (label), OneClassError, ContinuousLabelError, NotANumberError (label), ConstantLabelError,
 * ClassesOfNumbersError, TooManyCategoriesError, NoFeatureColumnsError, UnlabelledError, MixedSourcesError,
 * ShapeMismatchError.
 */
export function inferSchema(
  tables: readonly Table[],
  options: InferSchemaOptions & { readonly task?: 'classification' }
): ClassificationTask
export function inferSchema(
  tables: readonly Table[],
  options: InferSchemaOptions & { readonly task: 'regression' }
): RegressionTask
export function inferSchema(tables: readonly Table[], options: InferSchemaOptions): TaskSchema
export function inferSchema(tables: readonly Table[], { label, task, classes = [] }: InferSchemaOptions): TaskSchema {
  for (const { source, columns, tensor } of tables) {
    if (tensor !== undefined && columns.length === 0) throw new UnlabelledError(source)
    if (!columns.includes(label)) throw new NoSuchColumnError(source, label, columns)
  }
  const names = new Set(tables.flatMap(({ columns }) => columns))
  names.delete(label)
  const columns =
    inferTensorColumns(tables) ??
    [...names].map((name) => inferColumn(name, tables)).filter((column) => column !== undefined)
  if (columns.length === 0) throw new NoFeatureColumnsError(label)
  if (task === 'regression') {
    if (classes.length > 0) throw new ClassesOfNumbersError(label, classes)
    return { kind: task, label, columns, target: inferTarget(tables, label) }
  }
  if (task === undefined) requireClasses(tables, label)
  return { kind: 'classification', label, columns, classes: inferClasses(tables, label, classes) }
}

function requireClasses(tables: readonly Table[], label: string): void {
  const values = Array.from(valuesOf(label, tables), ({ value }) => value)
  if (looksContinuous(values)) throw new ContinuousLabelError(label, new Set(values).size, values[0]!)
}

function inferTarget(tables: readonly Table[], label: string): RegressionTask['target'] {
  const numbers = Array.from(valuesOf(label, tables), ({ value, table, row }) => {
    const number = parseNumber(value)
    if (number === undefined) throw new NotANumberError(table.source, lineOf(table, row), label, value)
    return number
  })
  if (numbers.every((number) => number === numbers[0])) throw new ConstantLabelError(label, numbers[0])
  return normalisationOf(numbers)
}

function inferClasses(tables: readonly Table[], label: string, given: readonly string[]): string[] {
  const found = new Set(given.filter((name) => !isMissing(name)).map((name) => name.trim()))
  for (const { value } of valuesOf(label, tables)) found.add(value)
  const classes = [...found].sort(byNumberThenText)
  if (classes.length < 2) throw new OneClassError(label, classes)
  return classes
}

function inferColumn(name: string, tables: readonly Table[]): Column | undefined {
  const numbers: number[] = []
  for (const { value } of valuesOf(name, tables)) {
    const number = parseNumber(value)
    if (number === undefined) return inferCategories(name, tables)
    numbers.push(number)
  }
  return numbers.length === 0 ? undefined : { name, kind: 'number', ...normalisationOf(numbers) }
}

function inferCategories(name: string, tables: readonly Table[]): Column {
  const values = new Set<string>()
  for (const { value } of valuesOf(name, tables)) {
    values.add(value)
    if (values.size > MAX_CATEGORIES) throw new TooManyCategoriesError(name, MAX_CATEGORIES, firstText(name, tables))
  }
  return { name, kind: 'category', values: [...values].sort(byNumberThenText) }
}

/** Where the column stopped being one of numbers: often a typing error. */
function firstText(name: string, tables: readonly Table[]): { source: string; line: number; value: string } {
  const found = valuesOf(name, tables).find(({ value }) => parseNumber(value) === undefined)
  if (found === undefined) throw new Error(`column "${name}" holds numbers only`)
  return { source: found.table.source, line: lineOf(found.table, found.row), value: found.value }
}

/** The trimmed values of a column in all files, the missing ones left out. */
function* valuesOf(name: string, tables: readonly Table[]): Generator<{ value: string; table: Table; row: number }> {
  for (const table of tables) {
    const index = table.columns.indexOf(name)
    if (index === -1) continue
    for (const [row, cells] of table.rows.entries()) {
      const cell = cells[index]!
      if (!isMissing(cell)) yield { value: cell.trim(), table, row }
    }
  }
}

/** Numbers first and by size ('2' before '10'), then text by code unit: never by locale, which differs by machine. */
function byNumberThenText(a: string, b: string): number {
  const x = parseNumber(a) ?? Number.POSITIVE_INFINITY
  const y = parseNumber(b) ?? Number.POSITIVE_INFINITY
  if (x !== y) return x < y ? -1 : 1
  if (a === b) return 0
  return a < b ? -1 : 1
}
