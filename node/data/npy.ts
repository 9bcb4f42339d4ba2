import { ArrayShapeError, DamagedNpzError, PickledArrayError, UnsupportedTypeError } from './npz-errors.ts'
import { sizeOf } from './tensor.ts'

/** The format is in https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html. */
const MAGIC = Buffer.from('\x93NUMPY', 'latin1')
/** NumPy itself reads no longer header of a stranger's file (numpy.lib.format, `_MAX_HEADER_SIZE`). */
const MAX_HEADER_BYTES = 10_000
/** NumPy's own limit is 64, and rows have at most three sides. */
const MAX_DIMENSIONS = 8
/** Of a label, in bytes: a class has at most 256 characters of four bytes. */
const MAX_TEXT_BYTES = 1024

/** How values lie in the file. */
export interface NpyType {
  /** b: bool, i: signed, u: unsigned, f: float, U: text in UCS-4, S: bytes. */
  readonly kind: 'b' | 'i' | 'u' | 'f' | 'U' | 'S'
  readonly bytes: number
  readonly isBigEndian: boolean
}

/** One array as it lies in the file. */
export interface NpyArray {
  /** Where it comes from, for messages. */
  readonly place: string
  readonly type: NpyType
  readonly isFortran: boolean
  readonly shape: readonly number[]
  /** Exactly the bytes that type and shape need. */
  readonly data: Buffer
}

const NUMBER_BYTES: Readonly<Record<string, readonly number[]>> = {
  b: [1],
  i: [1, 2, 4, 8],
  u: [1, 2, 4, 8],
  f: [2, 4, 8]
}

/**
 * Reads the header of a `.npy` and checks that its data are all there. Text is matched, nothing is evaluated. Throws
 * DamagedNpzError, PickledArrayError, UnsupportedTypeError, ArrayShapeError.
 */
export function parseNpy(source: string, place: string, bytes: Buffer): NpyArray {
  if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new DamagedNpzError(source, `${place} is no .npy array`)
  const { header, dataAt } = readHeader(source, place, bytes)
  const type = parseType(place, /'descr'\s*:\s*('[^']*'|\[)/.exec(header)?.[1])
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(header)?.[1]
  const sides = /'shape'\s*:\s*\(([\d,\s]*)\)/.exec(header)?.[1]
  if (order === undefined || sides === undefined) throw new DamagedNpzError(source, `${place} has no readable header`)
  const shape = sides.split(',').flatMap((side) => (side.trim() === '' ? [] : Number(side)))
  if (shape.length > MAX_DIMENSIONS) throw new ArrayShapeError(place, shape, `at most ${MAX_DIMENSIONS} sides can be`)
  const data = bytes.subarray(dataAt)
  const expected = sizeOf(shape) * type.bytes
  if (data.length !== expected) {
    throw new DamagedNpzError(source, `${place} has ${data.length} bytes of data where its header says ${expected}`)
  }
  return { place, type, isFortran: order === 'True', shape, data }
}

function readHeader(source: string, place: string, bytes: Buffer): { header: string; dataAt: number } {
  const version = bytes[MAGIC.length] ?? 0
  const lengthBytes = version === 1 ? 2 : 4
  const headerAt = MAGIC.length + 2 + lengthBytes
  if (version < 1 || version > 3 || bytes.length < headerAt) {
    throw new DamagedNpzError(source, `${place} is cut short or of format ${version}`)
  }
  const length = bytes.readUIntLE(headerAt - lengthBytes, lengthBytes)
  if (length > MAX_HEADER_BYTES || headerAt + length > bytes.length) {
    throw new DamagedNpzError(source, `${place} has a header of ${length} bytes`)
  }
  return { header: bytes.toString('latin1', headerAt, headerAt + length), dataAt: headerAt + length }
}

function parseType(place: string, quoted: string | undefined): NpyType {
  const text = quoted?.replaceAll("'", '') ?? ''
  if (/^[|<>=]?O/.test(text)) throw new PickledArrayError(place)
  const [, order, kind, digits] = /^([|<>=])([biufUS])(\d{1,6})$/.exec(text) ?? []
  const count = Number(digits)
  const isText = kind === 'U' || kind === 'S'
  const bytes = kind === 'U' ? 4 * count : count
  const isKnown = isText ? bytes > 0 && bytes <= MAX_TEXT_BYTES : NUMBER_BYTES[kind ?? '']?.includes(bytes) === true
  if (!isKnown) throw new UnsupportedTypeError(place, text === '[' ? 'a record of several fields' : text)
  return { kind: kind as NpyType['kind'], bytes, isBigEndian: order === '>' }
}
