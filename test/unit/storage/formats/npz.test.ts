import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unzipSync } from 'fflate'
import { encodeNpy, encodeNpz, npyMember } from '../../../../storage/formats/index.ts'

const tensor = { name: 'dense_1/kernel', shape: [1, 3], data: Float32Array.of(1, 2, 3) }

test('writes the bytes of an array that NumPy writes', () => {
  // python: numpy.lib.format.write_array(file, numpy.array([[1, 2, 3]], numpy.float32), version=(1, 0))
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 3), }"
  const expected = Buffer.concat([
    Buffer.from('934e554d50590100', 'hex'),
    Buffer.from([118, 0]),
    Buffer.from(`${header.padEnd(117)}\n`),
    Buffer.from('0000803f0000004000004040', 'hex')
  ])
  assert.deepEqual(Buffer.from(npyMember(tensor).bytes), expected)
})

test('writes the shape of a vector with its comma, and that of one number empty', () => {
  const text = (shape: number[]) => Buffer.from(encodeNpy('<f4', shape, new Uint8Array(4))).toString('latin1')
  assert.match(text([1]), /'shape': \(1,\)/)
  assert.match(text([]), /'shape': \(\)/)
})

test('holds arrays and other files by their names, the same bytes at any time', (t) => {
  const members = [npyMember(tensor), { name: 'a.json', bytes: Buffer.from('{}') }]
  const bytes = encodeNpz(members)
  assert.deepEqual(Object.keys(unzipSync(bytes)), ['dense_1/kernel.npy', 'a.json'])
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2030, 1, 1) })
  assert.deepEqual(encodeNpz(members), bytes)
})
