import type { NpyArray, NpyType } from './npy.ts'
import { InexactIntegerError } from './npz-errors.ts'
import { sizeOf, type TensorValues } from './tensor.ts'

type Read = (at: number) => number

/**
 * The numbers of an array, rows first whatever its order in the file. What fits is float32 exactly or bytes; wider
 * integers and float64 are float64. Throws InexactIntegerError.
 */
export function numbersOf(array: NpyArray): TensorValues {
  const { type, shape, data, place, isFortran } = array
  const count = sizeOf(shape)
  const read = readerOf(type, data, place)
  const values = emptyFor(type, count)
  if (!isFortran || shape.length < 2) {
    if (values instanceof Uint8Array) return new Uint8Array(data.buffer, data.byteOffset, count)
    for (let i = 0; i < count; i++) values[i] = read(i * type.bytes)
    return values
  }
  for (const [to, from] of fortranOrder(shape)) values[to] = read(from * type.bytes)
  return values
}

/** The values of an array as text, as people write them: 3 for 3.0. Throws InexactIntegerError. */
export function textsOf(array: NpyArray): string[] {
  const { type, data } = array
  if (type.kind !== 'U' && type.kind !== 'S') return Array.from(numbersOf(array), String)
  const count = sizeOf(array.shape)
  return Array.from({ length: count }, (_, index) => {
    const cell = data.subarray(index * type.bytes, (index + 1) * type.bytes)
    return (type.kind === 'S' ? cell.toString('latin1') : ucs4(cell, type.isBigEndian)).replace(/\0+$/, '')
  })
}

/** Units that no character has become the sign for such. */
function ucs4(cell: Buffer, isBigEndian: boolean): string {
  const units = Array.from({ length: cell.length / 4 }, (_, index) =>
    isBigEndian ? cell.readUInt32BE(4 * index) : cell.readUInt32LE(4 * index)
  )
  return units.map((unit) => (unit <= 0x10_ff_ff ? String.fromCodePoint(unit) : '\u{FFFD}')).join('')
}

function emptyFor({ kind, bytes }: NpyType, count: number): TensorValues {
  if (bytes === 1 && kind !== 'i') return new Uint8Array(count)
  const isExactInFloat32 = kind === 'f' ? bytes <= 4 : bytes <= 2
  return isExactInFloat32 ? new Float32Array(count) : new Float64Array(count)
}

function readerOf({ kind, bytes, isBigEndian }: NpyType, data: Buffer, place: string): Read {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const little = !isBigEndian
  if (kind === 'f') {
    if (bytes === 2) return (at) => halfToNumber(view.getUint16(at, little))
    return bytes === 4 ? (at) => view.getFloat32(at, little) : (at) => view.getFloat64(at, little)
  }
  const isSigned = kind === 'i'
  if (bytes === 1) return isSigned ? (at) => view.getInt8(at) : (at) => view.getUint8(at)
  if (bytes === 2) return isSigned ? (at) => view.getInt16(at, little) : (at) => view.getUint16(at, little)
  if (bytes === 4) return isSigned ? (at) => view.getInt32(at, little) : (at) => view.getUint32(at, little)
  return (at) => exact(isSigned ? view.getBigInt64(at, little) : view.getBigUint64(at, little), place)
}

function exact(value: bigint, place: string): number {
  const number = Number(value)
  if (!Number.isSafeInteger(number)) throw new InexactIntegerError(place, value)
  return number
}

/** IEEE 754 binary16: sign, five bits of exponent with bias 15, ten of fraction. */
function halfToNumber(half: number): number {
  const sign = half & 0x80_00 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3_ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

/** Pairs of places in row-major and column-major order of the same value. */
function* fortranOrder(shape: readonly number[]): Generator<[number, number]> {
  const index = shape.map(() => 0)
  const strides = shape.map((_, side) => sizeOf(shape.slice(0, side)))
  const count = sizeOf(shape)
  for (let to = 0; to < count; to++) {
    yield [to, index.reduce((sum, at, side) => sum + at * strides[side]!, 0)]
    for (let side = shape.length - 1; side >= 0; side--) {
      index[side]! += 1
      if (index[side]! < shape[side]!) break
      index[side] = 0
    }
  }
}
