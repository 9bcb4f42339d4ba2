import { writeFile } from 'node:fs/promises'
import { encodeNpy, encodeNpz } from '../../storage/formats/index.ts'
import type { Table } from './table.ts'
import type { TensorValues } from './tensor.ts'

/** Writes images or arrays with their labels as an `.npz` that `readData` and NumPy read back: arrays `x` and `y`. */
export async function writeNpz(path: string, table: Table): Promise<void> {
  const { tensor, columns, rows } = table
  if (tensor === undefined) throw new RangeError(`${table.source} holds no arrays`)
  const values = { name: 'x.npy', bytes: numbersNpy([rows.length, ...tensor.shape], tensor.values) }
  const labels = columns.length === 0 ? [] : [{ name: 'y.npy', bytes: textsNpy(rows.map(([label = '']) => label)) }]
  await writeFile(path, encodeNpz([values, ...labels], 1))
}

function numbersNpy(shape: readonly number[], values: TensorValues): Uint8Array {
  const type = values instanceof Uint8Array ? '|u1' : values instanceof Float32Array ? '<f4' : '<f8'
  return encodeNpy(type, shape, Buffer.from(values.buffer, values.byteOffset, values.byteLength))
}

/** UCS-4, padded with zeros to the longest. */
function textsNpy(texts: readonly string[]): Uint8Array {
  const units = texts.map((text) => Array.from(text, (character) => character.codePointAt(0)!))
  const longest = units.reduce((most, { length }) => Math.max(most, length), 1)
  const data = Buffer.alloc(4 * longest * texts.length)
  for (const [row, codes] of units.entries()) {
    for (const [place, code] of codes.entries()) data.writeUInt32LE(code, 4 * (row * longest + place))
  }
  return encodeNpy(`<U${longest}`, [texts.length], data)
}
