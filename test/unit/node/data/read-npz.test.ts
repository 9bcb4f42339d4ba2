import assert from 'node:assert/strict'
import { join } from 'node:path'
import { suite, type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { readData, type Table, writeData } from '../../../../node/data/index.ts'
import { bytesOf, counting, type NpyInit, npy, npz, texts } from './npz-bytes.ts'
import { temporaryFile, temporaryFolder } from './temporary-folder.ts'

async function read(t: TestContext, files: Readonly<Record<string, Uint8Array>>, options = {}): Promise<Table> {
  return readData(await temporaryFile(t, 'a.npz', npz(files, options)))
}

const swapped = (values: ArrayBufferView, bytes: number): Buffer => {
  const copy = Buffer.from(bytesOf(values))
  return bytes === 2 ? copy.swap16() : bytes === 4 ? copy.swap32() : copy.swap64()
}

const LABELS = texts(['no', 'yes'])

suite('an .npz', () => {
  for (const isStored of [true, false]) {
    test(`is read ${isStored ? 'stored' : 'deflated'}: rows with their labels as text`, async (t) => {
      const table = await read(t, { x: counting([2, 2, 3]), y: texts(['ä🐦', 'b']) }, { isStored })
      assert.deepEqual([table.columns, table.rows], [['label'], [['ä🐦'], ['b']]])
      assert.deepEqual(table.tensor?.shape, [2, 3, 1])
      assert.deepEqual(
        [...table.tensor!.values],
        Array.from({ length: 12 }, (_, index) => index)
      )
      assert.equal(table.remarks, undefined)
    })
  }

  const types: [string, Uint8Array, number[]][] = [
    ['|b1', Uint8Array.of(0, 1), [0, 1]],
    ['|u1', Uint8Array.of(0, 255), [0, 255]],
    ['|i1', bytesOf(Int8Array.of(-128, 127)), [-128, 127]],
    ['<u2', bytesOf(Uint16Array.of(1, 65_535)), [1, 65_535]],
    ['>u2', swapped(Uint16Array.of(1, 65_535), 2), [1, 65_535]],
    ['<i2', bytesOf(Int16Array.of(-1, 300)), [-1, 300]],
    ['<u4', bytesOf(Uint32Array.of(1, 4_294_967_295)), [1, 4_294_967_295]],
    ['>i4', swapped(Int32Array.of(-2, 70_000), 4), [-2, 70_000]],
    ['<i8', bytesOf(BigInt64Array.of(-(2n ** 53n) + 1n, 5n)), [-(2 ** 53) + 1, 5]],
    ['>u8', swapped(BigUint64Array.of(1n, 2n), 8), [1, 2]],
    ['<f2', bytesOf(Uint16Array.of(0x3c_00, 0xc5_40)), [1, -5.25]],
    ['<f2', bytesOf(Uint16Array.of(0x00_01, 0x7b_ff)), [2 ** -24, 65_504]],
    ['>f4', swapped(Float32Array.of(0.5, -3), 4), [0.5, -3]],
    ['<f8', bytesOf(Float64Array.of(0.1, 1e300)), [0.1, 1e300]]
  ]
  for (const [descr, data, expected] of types) {
    test(`holds values of the type ${descr}`, async (t) => {
      const { tensor, rows } = await read(t, { x: npy({ descr, shape: [2, 1], data }), y: LABELS })
      assert.deepEqual([...tensor!.values], expected)
      // The same numbers as labels, as text.
      const labels = await read(t, { x: counting([2, 2]), y: npy({ descr, shape: [2, 1], data }) })
      assert.deepEqual([rows.flat(), labels.rows.flat()], [['no', 'yes'], expected.map(String)])
    })
  }

  test('holds arrays in Fortran order, text in the other byte order, and headers of version 2', async (t) => {
    const shape = [2, 2, 3]
    const data = Uint8Array.of(0, 6, 3, 9, 1, 7, 4, 10, 2, 8, 5, 11)
    const x = npy({ descr: '|u1', shape, data, fortran: true, version: 2 })
    const { tensor, rows } = await read(t, { x, y: texts(['é', 'ab'], { isBigEndian: true }) })
    assert.deepEqual(
      [...tensor!.values],
      Array.from({ length: 12 }, (_, index) => index)
    )
    assert.deepEqual(rows.flat(), ['é', 'ab'])
    const bytes = await read(t, { x, y: npy({ descr: '|S2', shape: [2], data: Buffer.from('a\0bc') }) })
    assert.deepEqual(bytes.rows.flat(), ['a', 'bc'])
  })

  test('is read by the names that libraries use, or by its shapes, and says what it took', async (t) => {
    const [x, y] = [counting([2, 3, 3]), LABELS]
    const keras = await read(t, { x_test: counting([2, 2, 2]), x_train: x, y_train: y, y_test: y })
    assert.match(keras.remarks![0]!, /a\.npz: rows are x_train, labels are y_train; not used: x_test, y_test$/)
    assert.deepEqual(keras.tensor!.shape, [3, 3, 1])
    assert.match((await read(t, { target: y, data: x })).remarks![0]!, /rows are data, labels are target$/)
    assert.match((await read(t, { species: y, birds: x })).remarks![0]!, /rows are birds, labels are species$/)
  })

  test('without labels is read for predictions', async (t) => {
    const { columns, rows, tensor } = await read(t, { photos: counting([2, 3]) })
    assert.deepEqual([columns, rows, tensor?.shape], [[], [[], []], [3]])
  })

  test('is read by any name of the file, by its first bytes', async (t) => {
    const { rows } = await readData(await temporaryFile(t, 'a.bin', npz({ x: counting([2, 3]), y: LABELS })))
    assert.deepEqual(rows.flat(), ['no', 'yes'])
  })

  test('that writeData wrote is read back, whatever its values and labels', async (t) => {
    const folder = await temporaryFolder(t)
    const label = fc.string({ unit: fc.constantFrom('a', 'é', '🐦', ' ', ','), maxLength: 4 }).map((text) => `x${text}`)
    const values = fc.oneof(
      fc.uint8Array({ minLength: 12, maxLength: 12 }),
      fc.float32Array({ minLength: 12, maxLength: 12 }),
      fc.float64Array({ minLength: 12, maxLength: 12 })
    )
    const labels = fc.array(label, { minLength: 2, maxLength: 2 })
    const property = fc.asyncProperty(values, labels, async (all, [first, second]) => {
      const tensor = { name: 'image', shape: [2, 3, 1], values: all }
      const table = { source: 'x', columns: ['label'], rows: [[first!], [second!]], tensor }
      const path = await writeData(join(folder, 'out'), table)
      const back = await readData(path)
      assert.deepEqual([back.columns, back.rows], [table.columns, table.rows])
      assert.deepEqual([back.tensor!.shape, back.tensor!.values], [tensor.shape, all])
    })
    await fc.assert(property, { seed: 2, numRuns: 100 })
  })
})

suite('a bad .npz', () => {
  const x = counting([2, 3])
  const whole = npz({ x, y: LABELS })
  const damaged = Buffer.from(npz({ x, y: LABELS }, { isStored: true }))
  damaged[damaged.indexOf('\x00\x01\x02\x03\x04\x05', 0, 'latin1')]! ^= 1
  /** The directory's claim of how large the first array is. */
  const boasting = (claim: number) => {
    const bytes = Buffer.from(whole)
    bytes.writeUInt32LE(claim, bytes.indexOf('PK\x01\x02', 0, 'latin1') + 24)
    return bytes
  }
  const only = (init: NpyInit) => npz({ x: npy(init), y: LABELS })
  const two = new Uint8Array(2)
  const cases: [string, Uint8Array, string, RegExp][] = [
    ['no bytes', Buffer.alloc(0), 'ERR_DAMAGED_NPZ', /is damaged or no \.npz/],
    ['text', Buffer.from('a,b\n1,2\n'.repeat(9)), 'ERR_DAMAGED_NPZ', /is damaged or no \.npz: invalid zip data/],
    ['a cut at its end', whole.subarray(0, whole.length - 30), 'ERR_DAMAGED_NPZ', /is damaged or no/],
    ['a flipped bit', damaged, 'ERR_DAMAGED_NPZ', /the checksum of x is wrong/],
    ['a claim of much for little', boasting(500_000_000), 'ERR_DAMAGED_NPZ', /claims to unpack \d+ bytes to 500000000/],
    ['a claim of more than fits', boasting(4_294_967_294), 'ERR_TOO_MUCH_DATA', /arrays of 4294967294 bytes, at most/],
    ['a claim of too little', boasting(10), 'ERR_DAMAGED_NPZ', /checksum/],
    ['no arrays', npz({}), 'ERR_ARRAYS_NOT_FOUND', /holds no arrays: save rows and labels as numpy\.savez/],
    ['three lists', npz({ a: LABELS, b: LABELS, c: LABELS }), 'ERR_ARRAYS_NOT_FOUND', /holds the arrays a, b, c/],
    [
      'Python objects',
      only({ descr: '|O', shape: [2], data: Buffer.from('cos\nsystem\n') }),
      'ERR_PICKLED_ARRAY',
      /never/
    ],
    ['complex numbers', only({ descr: '<c8', shape: [1, 1], data: two }), 'ERR_UNSUPPORTED_TYPE', /type "<c8"/],
    ['records', only({ descr: "[('a', '<f4')]", shape: [1], data: two }), 'ERR_UNSUPPORTED_TYPE', /record of several/],
    ['rows of text', npz({ x: LABELS, y: LABELS }), 'ERR_UNSUPPORTED_TYPE', /array x .* has the type "text"/],
    [
      'another number of labels',
      npz({ x: counting([3, 3]), y: LABELS }),
      'ERR_ARRAY_SHAPE',
      /y .* \(2\), but array x .* 3/
    ],
    ['one-hot labels', npz({ x, y: counting([2, 4]) }), 'ERR_ARRAY_SHAPE', /argmax/],
    ['no rows', only({ descr: '|u1', shape: [0, 3], data: new Uint8Array(0) }), 'ERR_ARRAY_SHAPE', /\(0, 3\)/],
    ['no values', only({ descr: '|u1', shape: [1e9, 0], data: new Uint8Array(0) }), 'ERR_ARRAY_SHAPE', /1000000000, 0/],
    [
      'rows of five sides',
      npz({ x: counting([2, 1, 1, 1, 1, 2]), y: LABELS }),
      'ERR_ARRAY_SHAPE',
      /one to three sides/
    ],
    [
      'more than its shape says',
      only({ descr: '|u1', shape: [1], data: two }),
      'ERR_DAMAGED_NPZ',
      /has 2 bytes of data/
    ],
    ['less than its shape says', only({ descr: '<f8', shape: [1e9], data: two }), 'ERR_DAMAGED_NPZ', /says 8000000000/],
    ['no .npy inside', npz({ x: Buffer.from('hello, hello'), y: LABELS }), 'ERR_DAMAGED_NPZ', /array x .* is no \.npy/],
    ['rows too wide', npz({ x: counting([2, 50_000]), y: LABELS }), 'ERR_TOO_MUCH_DATA', /rows of 50000 values/],
    [
      'an integer that no double holds',
      only({ descr: '<i8', shape: [2, 1], data: bytesOf(BigInt64Array.of(1n, 2n ** 60n)) }),
      'ERR_INEXACT_INTEGER',
      /holds 1152921504606846976/
    ]
  ]
  for (const [what, bytes, code, message] of cases) {
    test(`is refused for ${what}`, async (t) => {
      await assert.rejects(readData(await temporaryFile(t, 'a.npz', bytes)), { code, message })
    })
  }

  test('is told from a lone .npy', async (t) => {
    const message = /is a single array: save rows and labels together/
    await assert.rejects(readData(await temporaryFile(t, 'a.npy', x)), { code: 'ERR_SINGLE_ARRAY', message })
  })
})
