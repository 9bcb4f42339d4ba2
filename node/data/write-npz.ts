import { writeFile } from 'node:fs/promises'
import type { Table } from './table.ts'
import type { TensorValues } from './tensor.ts'

/** NumPy pads headers so that data begin at a multiple of it. */
const ALIGNMENT_BYTES = 64
const PREFIX = Buffer.from('\x93NUMPY\x01\x00', 'latin1')

/** Writes images or arrays with their labels as an `.npz` that `readData` and NumPy read back: arrays `x` and `y`. */
export async function writeNpz(path: string, table: Table): Promise<void> {
  const { tensor, columns, rows } = table
  if (tensor === undefined) throw new RangeError(`${table.source} holds no arrays`)
  const { zipSync } = await import('fflate')
  const files = { 'x.npy': numbersNpy([rows.length, ...tensor.shape], tensor.values) }
  const labels = columns.length === 0 ? {} : { 'y.npy': textsNpy(rows.map(([label = '']) => label)) }
  await writeFile(path, zipSync({ ...files, ...labels }, { level: 1 }))
}

function numbersNpy(shape: readonly number[], values: TensorValues): Buffer {
  const type = values instanceof Uint8Array ? '|u1' : values instanceof Float32Array ? '<f4' : '<f8'
  return npy(type, shape, Buffer.from(values.buffer, values.byteOffset, values.byteLength))
}

/** UCS-4, padded with zeros to the longest. */
function textsNpy(texts: readonly string[]): Buffer {
  const units = texts.map((text) => Array.from(text, (character) => character.codePointAt(0)!))
  const longest = units.reduce((most, { length }) => Math.max(most, length), 1)
  const data = Buffer.alloc(4 * longest * texts.length)
  for (const [row, codes] of units.entries()) {
    for (const [place, code] of codes.entries()) data.writeUInt32LE(code, 4 * (row * longest + place))
  }
  return npy(`<U${longest}`, [texts.length], data)
}

function npy(type: string, shape: readonly number[], data: Buffer): Buffer {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`
  const unpadded = PREFIX.length + 2 + text.length + 1
  const header = `${text}${' '.repeat((ALIGNMENT_BYTES - (unpadded % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES)}\n`
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([PREFIX, length, Buffer.from(header, 'latin1'), data])
}
