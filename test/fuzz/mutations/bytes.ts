/** Mutations that know nothing of what the bytes mean. */
import { concat } from 'uint8arrays/concat'
import type { Draws } from '../draws.ts'

export type Mutation = (bytes: Uint8Array, draws: Draws, samples: readonly Uint8Array[]) => Uint8Array

/** Heads of CBOR items that claim the most, ends of numbers, and what text formats treat apart. */
const STRIKING_BYTES = [0x00, 0x01, 0x0a, 0x22, 0x2c, 0x5b, 0x5d, 0x7b, 0x7d, 0x7f, 0x80, 0x81, 0x9b, 0xbb, 0xfb, 0xff]

/** The bytes with those from `from` to `to` replaced. */
export function replaced(bytes: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array {
  return concat([bytes.subarray(0, from), by, bytes.subarray(to)])
}

/** Where a number may stand in the bytes, and how far it may reach. */
function range(bytes: Uint8Array, draws: Draws, most: number): [from: number, to: number] {
  const from = draws.below(bytes.length)
  return [from, Math.min(bytes.length, from + 1 + draws.below(most))]
}

const flip: Mutation = (bytes, draws) => {
  const changed = new Uint8Array(bytes)
  const at = draws.below(bytes.length)
  if (at < bytes.length) changed[at]! ^= 1 << draws.below(8)
  return changed
}

const overwrite: Mutation = (bytes, draws) => {
  const changed = new Uint8Array(bytes)
  const [from, to] = range(bytes, draws, 4)
  changed.fill(draws.below(2) === 0 ? draws.below(256) : draws.pick(STRIKING_BYTES), from, to)
  return changed
}

const remove: Mutation = (bytes, draws) => replaced(bytes, ...range(bytes, draws, 32), new Uint8Array())

const insert: Mutation = (bytes, draws) => {
  const at = draws.below(bytes.length + 1)
  const length = 1 + draws.below(draws.below(50) === 0 ? 5000 : 16)
  return replaced(bytes, at, at, new Uint8Array(length).fill(draws.pick(STRIKING_BYTES)))
}

const truncate: Mutation = (bytes, draws) => bytes.subarray(0, draws.below(bytes.length))

const repeat: Mutation = (bytes, draws) => {
  const [from, to] = range(bytes, draws, 64)
  return replaced(bytes, to, to, bytes.subarray(from, to))
}

/** The beginning of one sample and the end of another. */
const splice: Mutation = (bytes, draws, samples) => {
  const other = draws.pick(samples)
  return concat([bytes.subarray(0, draws.below(bytes.length + 1)), other.subarray(draws.below(other.length + 1))])
}

/** A length, count or offset in the bytes becomes the largest of its kind, or the first that is too large. */
const inflate: Mutation = (bytes, draws) => {
  const changed = new Uint8Array(bytes)
  const size = draws.pick([1, 2, 4, 8])
  if (bytes.length < size) return changed
  const at = draws.below(bytes.length - size + 1)
  const value = draws.pick([2n ** 63n, 2n ** 64n - 1n, 2n ** 53n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 20n + 1n, 0xffn])
  const view = new DataView(changed.buffer, changed.byteOffset + at, size)
  const isLittleEndian = draws.below(2) === 0
  if (size === 8) view.setBigUint64(0, value, isLittleEndian)
  else if (size === 4) view.setUint32(0, Number(value % 2n ** 32n) || 0xffff_ffff, isLittleEndian)
  else if (size === 2) view.setUint16(0, 0xffff, isLittleEndian)
  else view.setUint8(0, 0xff)
  return changed
}

export const BYTE_MUTATIONS: readonly Mutation[] = [flip, overwrite, remove, insert, truncate, repeat, splice, inflate]
