import assert from 'node:assert/strict'
import { basename, join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import { readData } from '../../../../node/data/index.ts'
import { dealOut } from '../../../../node/demo/demo-data.ts'
import { png, writeFiles } from '../data/image-bytes.ts'
import { temporaryFolder } from '../data/temporary-folder.ts'

const INIT = { peers: 2, alpha: 100, seed: 1 }

/** Ten images of each of two classes, of one value each, all different: row `n` of class `c` is 100 c + n. */
async function writeImages(t: TestContext, channels: 1 | 3): Promise<string> {
  const files = [0, 1].flatMap((label) =>
    Array.from({ length: 10 }, (_, index) => {
      const value = 100 * label + index
      return [`${label}/${index}.png`, png(1, 1, channels, [value, value, value])] as const
    })
  )
  return writeFiles(await temporaryFolder(t), Object.fromEntries(files))
}

suite('dealing out images', () => {
  test('gives every image to one peer or to the test, with its label', async (t) => {
    const out = join(await temporaryFolder(t), 'data')
    const { parts, test: held, label, classes } = await dealOut(out, { ...INIT, data: [await writeImages(t, 1)] })
    assert.deepEqual(
      [...parts, held].map((path) => basename(path)),
      ['rows-1.npz', 'rows-2.npz', 'test.npz']
    )
    assert.deepEqual([label, classes], ['label', ['0', '1']])
    const tables = await Promise.all([...parts, held].map((path) => readData(path)))
    assert.equal(tables.at(-1)!.rows.length, 4)
    const rows = tables.flatMap(({ rows, tensor }) => rows.map(([name], row) => [name, tensor!.values[row]!] as const))
    assert.ok(rows.every(([name, value]) => Number(name) === Math.floor(value / 100)))
    assert.equal(new Set(rows.map(([, value]) => value)).size, 20)
  })

  test('writes folders in one shape, in colour where one has some', async (t) => {
    const out = join(await temporaryFolder(t), 'data')
    const data = [await writeImages(t, 1), await writeImages(t, 3)]
    const { parts, test: held } = await dealOut(out, { ...INIT, data })
    const tables = await Promise.all([...parts, held].map((path) => readData(path)))
    assert.deepEqual(
      tables.map(({ rows }) => rows.length),
      [16, 16, 8]
    )
    assert.ok(tables.every(({ tensor }) => tensor!.shape.join() === '1,1,3'))
  })

  test('needs no label for images, and one for tables', async (t) => {
    const out = join(await temporaryFolder(t), 'data')
    const folder = await writeFiles(await temporaryFolder(t), { 'a.csv': 'x,y\n1,2\n' })
    await assert.rejects(dealOut(out, { ...INIT, data: [join(folder, 'a.csv')] }), {
      code: 'ERR_LABEL_NEEDED',
      message: /a\.csv needs --label COLUMN, the column to predict \(sample sets: digits, wdbc\)/
    })
  })
})
