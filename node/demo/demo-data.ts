import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UsageError } from '../commands/exit.ts'
import {
  encodeTable,
  inferSchema,
  isMissing,
  partition,
  quantileBins,
  readTable,
  requireTrainable,
  SAMPLE_SETS,
  splitFraction,
  type Table,
  type TaskSchema,
  writeTable
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
  /** What this is, in words. */
  readonly description: string
}

/**
 * Deals the rows out as files of real peers under `folder`: a sample set or one file by Dirichlet, several files one to
 * each peer. Throws the data's errors and UsageError.
 */
export async function dealOut(folder: string, init: DemoDataInit): Promise<DemoData> {
  const { paths, label } = resolveSources(init)
  const tables = []
  for (const path of paths) tables.push(await readTable(path))
  // The schema names what is wrong with the label, the columns or the classes before anything is written.
  const schema = inferSchema(tables, { label, ...(init.task === undefined ? {} : { task: init.task }) })
  for (const table of tables) encodeTable(table, schema)
  if (init.test !== undefined) encodeTable(await readTable(init.test), schema)
  const { training, heldOut } = init.test === undefined ? setTestApart(tables, init.seed) : { training: tables }
  const parts = training.length > 1 ? training : dealRows(training[0]!, schema, init)
  for (const part of parts) requireTrainable(encodeTable(part, schema), part.source)
  await mkdir(folder, { recursive: true })
  const test = init.test ?? join(folder, 'test.csv')
  if (heldOut !== undefined) await writeTable(test, heldOut.columns, heldOut.rows)
  const files = []
  for (const [index, table] of parts.entries()) {
    const path = join(folder, `rows-${index + 1}.csv`)
    await writeTable(path, table.columns, table.rows)
    files.push(path)
  }
  const rows = parts.reduce((sum, table) => sum + table.rows.length, 0)
  const split = training.length > 1 ? 'one file each' : `dealt out by Dirichlet(${init.alpha})`
  const classes = schema.kind === 'classification' ? schema.classes : []
  return { label, task: schema.kind, parts: files, test, classes, description: `${rows} rows, ${split}` }
}

function resolveSources({ data, label }: DemoDataInit): { paths: readonly string[]; label: string } {
  const [first] = data
  const set = data.length === 1 && first !== undefined ? SAMPLE_SETS[first as keyof typeof SAMPLE_SETS] : undefined
  if (set !== undefined) return { paths: [set.path], label: label ?? set.label }
  if (label === undefined) {
    const names = Object.keys(SAMPLE_SETS).join(', ')
    throw new UsageError(`--data ${data.join(' ')} needs --label COLUMN, the column to predict (sample sets: ${names})`)
  }
  return { paths: data, label }
}

function setTestApart(
  tables: readonly Table[],
  seed: number
): { training: readonly Table[]; heldOut: Pick<Table, 'columns' | 'rows'> } {
  const columns = [...new Set(tables.flatMap((table) => table.columns))]
  const heldOut: string[][] = []
  const training = tables.map((table) => {
    const split = splitFraction(table.rows.length, TEST_FRACTION, seed)
    for (const index of split.heldOut)
      heldOut.push(columns.map((name) => table.rows[index]![table.columns.indexOf(name)] ?? ''))
    return { ...table, rows: split.training.map((index) => table.rows[index]!) }
  })
  return { training, heldOut: { columns, rows: heldOut } }
}

function dealRows(table: Table, schema: TaskSchema, { peers, alpha, seed }: DemoDataInit): Table[] {
  const { label, kind: task } = schema
  const { labels } = encodeTable(table, inferSchema([table], { label, task }))
  const { bins, count } =
    schema.kind === 'regression' ? quantileBins(labels) : { bins: labels, count: schema.classes.length }
  // Rows without a label train nobody, and have no place in a split by label.
  const labelled = labelledRows(table, label)
  return partition(bins, count, { kind: 'dirichlet', alpha }, peers, seed).map((indices) => ({
    ...table,
    rows: indices.map((index) => table.rows[labelled[index]!]!)
  }))
}

function labelledRows(table: Table, label: string): number[] {
  const column = table.columns.indexOf(label)
  return table.rows.flatMap((row, index) => (isMissing(row[column] ?? '') ? [] : index))
}
