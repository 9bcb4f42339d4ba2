import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import {
  encodeTable,
  inferSchema,
  isMissing,
  joinTensors,
  labelFor,
  partition,
  quantileBins,
  readData,
  requireTrainable,
  reshape,
  SAMPLE_SETS,
  selectTableRows,
  splitFraction,
  type Table,
  type TaskSchema,
  writeData
} from '../data/index.ts'

/** A fifth of the rows is common and held out, taken before the rows are dealt out. */
const TEST_FRACTION = 0.2

export interface DemoDataInit {
  /** Name of a sample set, or files. */
  readonly data: readonly string[]
  readonly label?: string
  readonly task?: TaskSchema['kind']
  /** File of common held-out rows. */
  readonly test?: string
  readonly peers: number
  /** Dirichlet concentration over peers: of classes, or of tenths of the numbers to predict. */
  readonly alpha: number
  readonly seed: number
}

export interface DemoData {
  readonly label: string
  readonly task: TaskSchema['kind']
  /** One file for each peer. */
  readonly parts: readonly string[]
  /** The common held-out rows, never trained on. */
  readonly test: string
  /** All classes, those of held-out rows included; none of a regression. */
  readonly classes: readonly string[]
  /** What the owner should know about how the files were read, a sentence each. */
  readonly remarks: readonly string[]
  /** What this is, in words. */
  readonly description: string
}

/**
 * Deals the rows out as files of real peers under `folder`: a sample set, a file or a folder of images by Dirichlet,
 * several one to each peer. Throws the data's errors.
 */
export async function dealOut(folder: string, init: DemoDataInit): Promise<DemoData> {
  const { paths, given } = resolveSources(init)
  const read = []
  for (const path of paths) read.push(await readData(path))
  const label = labelFor(read, given, ` (sample sets: ${Object.keys(SAMPLE_SETS).join(', ')})`)
  // The schema names what is wrong with the label, the columns or the classes before anything is written.
  const schema = inferSchema(read, { label, ...(init.task === undefined ? {} : { task: init.task }) })
  for (const table of read) encodeTable(table, schema)
  if (init.test !== undefined) encodeTable(await readData(init.test), schema)
  const tables = read.map((table) => inShapeOf(schema, table))
  const { training, heldOut } = init.test === undefined ? setTestApart(tables, init.seed) : { training: tables }
  const parts = training.length > 1 ? training : dealRows(training[0]!, schema, init)
  for (const part of parts) requireTrainable(encodeTable(part, schema), part.source)
  await mkdir(folder, { recursive: true })
  const test = heldOut === undefined ? init.test! : await writeData(join(folder, 'test'), heldOut)
  const files = []
  for (const [index, table] of parts.entries()) files.push(await writeData(join(folder, `rows-${index + 1}`), table))
  const rows = parts.reduce((sum, table) => sum + table.rows.length, 0)
  const split = training.length > 1 ? 'one file each' : `dealt out by Dirichlet(${init.alpha})`
  const remarks = read.flatMap((table) => table.remarks ?? [])
  const classes = schema.kind === 'classification' ? schema.classes : []
  const description = `${rows} rows, ${split}`
  return { label, task: schema.kind, parts: files, test, classes, remarks, description }
}

function resolveSources({ data, label }: DemoDataInit): { paths: readonly string[]; given: string | undefined } {
  const [first] = data
  const set = data.length === 1 && first !== undefined ? SAMPLE_SETS[first as keyof typeof SAMPLE_SETS] : undefined
  return set === undefined ? { paths: data, given: label } : { paths: [set.path], given: label ?? set.label }
}

/** Images of several folders are written in one shape, so that the held-out ones fit one file. */
function inShapeOf({ columns: [column] }: TaskSchema, table: Table): Table {
  if (column?.kind !== 'tensor' || table.tensor === undefined) return table
  return { ...table, tensor: reshape(table.tensor, column.shape, table.source) }
}

function setTestApart(tables: readonly Table[], seed: number): { training: readonly Table[]; heldOut: Table } {
  const columns = [...new Set(tables.flatMap((table) => table.columns))]
  const splits = tables.map((table) => ({ table, ...splitFraction(table.rows.length, TEST_FRACTION, seed) }))
  const tests = splits.map(({ table, heldOut }) => selectTableRows(table, heldOut))
  const tensors = tests.flatMap(({ tensor }) => tensor ?? [])
  const rows = tests.flatMap((test) =>
    test.rows.map((row) => columns.map((name) => row[test.columns.indexOf(name)] ?? ''))
  )
  return {
    training: splits.map(({ table, training }) => selectTableRows(table, training)),
    heldOut: { source: 'held-out rows', columns, rows, ...(tensors.length > 0 ? { tensor: joinTensors(tensors) } : {}) }
  }
}

function dealRows(table: Table, schema: TaskSchema, { peers, alpha, seed }: DemoDataInit): Table[] {
  const { labels } = encodeTable(table, schema)
  const { bins, count } =
    schema.kind === 'regression' ? quantileBins(labels) : { bins: labels, count: schema.classes.length }
  // Rows without a label train nobody, and have no place in a split by label.
  const labelled = labelledRows(table, schema.label)
  return partition(bins, count, { kind: 'dirichlet', alpha }, peers, seed).map((indices) =>
    selectTableRows(
      table,
      indices.map((index) => labelled[index]!)
    )
  )
}

function labelledRows(table: Table, label: string): number[] {
  const column = table.columns.indexOf(label)
  return table.rows.flatMap((row, index) => (isMissing(row[column] ?? '') ? [] : index))
}
