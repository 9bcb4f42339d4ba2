import { zipSync } from 'fflate'
import { littleEndian } from './little-endian.ts'
import type { Tensor } from './tensor.ts'

/** The format is in https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html, version 1.0. */
const PREFIX = Buffer.from('\x93NUMPY\x01\x00', 'latin1')
/** NumPy pads headers so that data begin at a multiple of it. */
const ALIGNMENT_BYTES = 64
/** The first day that a zip archive can name: equal contents give equal bytes, whenever they are written. */
const ZIP_EPOCH = new Date(1980, 0, 1)

/** A file of an `.npz`: an array, whose name gets the ending `.npy`, or any other file, which NumPy gives as bytes. */
export interface NpzMember {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The bytes of a `.npy`. `type`: as NumPy writes it, such as `<f4`; `data`: row-major, little-endian. */
export function encodeNpy(type: string, shape: readonly number[], data: Uint8Array): Uint8Array {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const text = `{'descr': '${type}', 'fortran_order': False, 'shape': (${sides}), }`
  const unpadded = PREFIX.length + 2 + text.length + 1
  const header = `${text}${' '.repeat((ALIGNMENT_BYTES - (unpadded % ALIGNMENT_BYTES)) % ALIGNMENT_BYTES)}\n`
  const length = Buffer.alloc(2)
  length.writeUInt16LE(header.length)
  return Buffer.concat([PREFIX, length, Buffer.from(header, 'latin1'), data])
}

/** A float32 array as a member that `numpy.load` lists under the tensor's name. */
export function npyMember({ name, shape, data }: Tensor): NpzMember {
  return { name: `${name}.npy`, bytes: encodeNpy('<f4', shape, littleEndian(data)) }
}

/** An archive as `numpy.savez` writes it, uncompressed: weights hardly shrink, and NumPy can then map them. */
export function encodeNpz(members: readonly NpzMember[], level: 0 | 1 = 0): Uint8Array {
  const files = Object.fromEntries(members.map(({ name, bytes }) => [name, bytes]))
  return zipSync(files, { level, mtime: ZIP_EPOCH })
}
