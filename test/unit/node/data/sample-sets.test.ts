import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import {
  type ClassificationTask,
  type EncodedTable,
  encodeTable,
  inferSchema,
  partition,
  readTable,
  SAMPLE_SETS,
  type Table
} from '../../../../node/data/index.ts'
import { normalisationOf } from '../../../../node/data/normalisation.ts'

function classCounts({ labels }: EncodedTable, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (const label of labels) counts[label]! += 1
  return counts
}

interface Loaded {
  readonly table: Table
  readonly schema: ClassificationTask
  readonly dataset: EncodedTable
}

async function load({ path, label }: { path: string; label: string }): Promise<Loaded> {
  const table = await readTable(path)
  const schema = inferSchema([table], { label })
  return { table, schema, dataset: encodeTable(table, schema) }
}

suite('sample sets', () => {
  let digits: Loaded
  let wdbc: Loaded

  before(async () => {
    digits = await load(SAMPLE_SETS.digits)
    wdbc = await load(SAMPLE_SETS.wdbc)
  })

  test('digits has 1797 rows of 64 numbers in ten classes', () => {
    const { dataset, schema } = digits
    assert.deepEqual([dataset.count, dataset.featureCount], [1797, 64])
    assert.ok(schema.columns.every(({ kind }) => kind === 'number'))
    assert.deepEqual(schema.classes, ['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
    assert.deepEqual(classCounts(dataset, 10), [178, 182, 177, 183, 181, 182, 181, 179, 174, 180])
  })

  test('wdbc has 569 rows of 30 numbers in two classes', () => {
    const { dataset, schema } = wdbc
    assert.deepEqual([dataset.count, dataset.featureCount], [569, 30])
    assert.ok(schema.columns.every(({ kind }) => kind === 'number'))
    assert.deepEqual(schema.classes, ['benign', 'malignant'])
    assert.deepEqual(classCounts(dataset, 2), [357, 212])
  })

  test('no feature of either blows up, not even pixels that are nearly always blank', () => {
    for (const { dataset } of [digits, wdbc]) {
      assert.ok(dataset.features.every((x) => Number.isFinite(x) && Math.abs(x) <= 5))
      const meanSquare = dataset.features.reduce((sum, x) => sum + x * x, 0) / dataset.features.length
      assert.ok(meanSquare > 0.3 && meanSquare < 1.5, `${meanSquare}`)
    }
  })

  test('pixels with an IQR of 0 are scaled by their standard deviation, those always blank by 1', () => {
    const column = (index: number): number[] => digits.table.rows.map((row) => Number(row[index]))
    const blank = [0, 32, 39]
    for (const index of blank) assert.deepEqual(normalisationOf(column(index)), { centre: 0, scale: 1 })
    // 110 of 1797 values are not 0; standard deviation 1.8596 (Python's statistics.pstdev).
    assert.deepEqual(digits.schema.columns[63], { name: 'pixel_7_7', kind: 'number', centre: 0, scale: 1.9 })
  })

  test('digits are dealt out by label to sixteen peers who hold them all together', () => {
    const parts = partition(digits.dataset.labels, 10, { kind: 'dirichlet', alpha: 0.1 }, 16, 1)
    assert.equal(new Set(parts.flat()).size, 1797)
    assert.ok(parts.every((part) => part.length >= 2))
  })
})
