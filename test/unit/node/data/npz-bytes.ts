import { zipSync } from 'fflate'

export interface NpyInit {
  readonly descr: string
  readonly shape: readonly number[]
  readonly data: Uint8Array
  readonly fortran?: boolean
  readonly version?: 1 | 2 | 3
}

/** A `.npy` as NumPy writes it. */
export function npy({ descr, shape, data, fortran = false, version = 1 }: NpyInit): Buffer {
  const sides = shape.length === 1 ? `${shape[0]},` : shape.join(', ')
  const quoted = descr.startsWith('[') ? descr : `'${descr}'`
  const header = `{'descr': ${quoted}, 'fortran_order': ${fortran ? 'True' : 'False'}, 'shape': (${sides}), }\n`
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  length.writeUIntLE(header.length, 0, length.length)
  return Buffer.concat([
    Buffer.from('\x93NUMPY', 'latin1'),
    Buffer.from([version, 0]),
    length,
    Buffer.from(header),
    data
  ])
}

/** An `.npz` of such files; deflated unless `isStored`. */
export function npz(files: Readonly<Record<string, Uint8Array>>, { isStored = false } = {}): Buffer {
  const entries = Object.entries(files).map(([name, data]) => [`${name}.npy`, data] as const)
  return Buffer.from(zipSync(Object.fromEntries(entries), { level: isStored ? 0 : 6 }))
}

export function bytesOf(values: ArrayBufferView): Buffer {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength)
}

/** An array of bytes that count up. */
export function counting(shape: readonly number[]): Buffer {
  const size = shape.reduce((product, side) => product * side, 1)
  return npy({ descr: '|u1', shape, data: Uint8Array.from({ length: size }, (_, index) => index % 256) })
}

/** Labels as NumPy keeps text: UCS-4, padded with zeros. */
export function texts(labels: readonly string[], { isBigEndian = false } = {}): Buffer {
  const longest = Math.max(...labels.map((label) => [...label].length))
  const data = Buffer.alloc(4 * longest * labels.length)
  for (const [row, label] of labels.entries()) {
    for (const [place, character] of [...label].entries()) {
      const at = 4 * (row * longest + place)
      if (isBigEndian) data.writeUInt32BE(character.codePointAt(0)!, at)
      else data.writeUInt32LE(character.codePointAt(0)!, at)
    }
  }
  return npy({ descr: `${isBigEndian ? '>' : '<'}U${longest}`, shape: [labels.length], data })
}
