import { BLOCK_PARAMETERS, type Codec, LARGEST_CODE, payloadBytes } from './codec.ts'
import { toHalfBits } from './half-float.ts'
import type { Random } from './random.ts'

/** 2^-32, which turns a word into a number on [0, 1). */
const WORD_TO_UNIT = 2 ** -32

// What one block needs on its way to codes: written anew for every block, and so kept for all of them.
const DIFFERENCES = new Float64Array(BLOCK_PARAMETERS)
const DRAWS = new Uint32Array(BLOCK_PARAMETERS)

/**
 * Writes `target - copy` as a payload: blocks of 256, one float32 scale a block, stochastic rounding
 * `floor(v / s * L + u)`, so that the expectation of the dequantised value is `v` and its error is at most `s / L`.
 * `f32` writes the difference itself and `f16` the nearest half: its error is at most `2^-11 |v|` (`2^-25` below
 * `2^-14`), and what lies beyond 65504 is cut off there. Neither draws; the public copy offers the rest again.
 *
 * `target`, `copy`: shape [n], finite. The random source decides the rounding only; the same bytes come from the same
 * source state. `into`: where to write, `payloadBytes(codec, n)` bytes that start at a multiple of four, instead of a
 * new array. Throws nothing: a non-finite difference must be caught before (see `isWithinBounds`).
 * Source: ALGORITHMS 1; stochastic uniform quantisation as in QSGD (Alistarh et al. 2017), in blocks.
 */
export function quantise(
  codec: Codec,
  target: Float32Array,
  copy: Float32Array,
  random: Random,
  into?: Uint8Array<ArrayBuffer>
): Uint8Array<ArrayBuffer> {
  const payload = into ?? new Uint8Array(payloadBytes(codec, target.length))
  if (codec === 'f32') writeFloats(payload, target, copy)
  else if (codec === 'f16') writeHalves(payload, target, copy)
  else writeBlocks(codec, payload, target, copy, random)
  return payload
}

function writeFloats({ buffer, byteOffset }: Uint8Array, target: Float32Array, copy: Float32Array): void {
  const values = new Float32Array(buffer, byteOffset, target.length)
  for (let i = 0; i < values.length; i++) values[i] = target[i]! - copy[i]!
}

function writeHalves({ buffer, byteOffset }: Uint8Array, target: Float32Array, copy: Float32Array): void {
  const halves = new Uint16Array(buffer, byteOffset, target.length)
  for (let i = 0; i < halves.length; i++) halves[i] = toHalfBits(target[i]! - copy[i]!)
}

function writeBlocks(
  codec: 'int8' | 'int4',
  payload: Uint8Array,
  target: Float32Array,
  copy: Float32Array,
  random: Random
): void {
  const blocks = Math.ceil(target.length / BLOCK_PARAMETERS)
  const scales = new Float32Array(payload.buffer, payload.byteOffset, blocks)
  const codes = payload.subarray(4 * blocks)
  const write = codec === 'int8' ? writeBytes : writeNibbles
  for (let block = 0; block < blocks; block++) {
    const from = block * BLOCK_PARAMETERS
    const to = Math.min(from + BLOCK_PARAMETERS, target.length)
    scales[block] = writeDifferences(target, copy, from, to)
    if (scales[block] === 0) {
      fillCodes(codec, codes, from, to)
      continue
    }
    random.fill(DRAWS, to - from)
    write(codes, from, to, LARGEST_CODE[codec] / scales[block]!)
  }
}

/** A new array holds zeros already; one that is written again does not. */
function fillCodes(codec: 'int8' | 'int4', codes: Uint8Array, from: number, to: number): void {
  if (codec === 'int8') codes.fill(0, from, to)
  else codes.fill(0, from >> 1, (to + 1) >> 1)
}

/** Writes `target - copy` of one block into DIFFERENCES. Returns the largest of their sizes. */
function writeDifferences(target: Float32Array, copy: Float32Array, from: number, to: number): number {
  let largest = 0
  for (let i = from; i < to; i++) {
    const difference = target[i]! - copy[i]!
    DIFFERENCES[i - from] = difference
    largest = Math.max(largest, Math.abs(difference))
  }
  return largest
}

function writeBytes(codes: Uint8Array, from: number, to: number, factor: number): void {
  for (let i = from; i < to; i++) codes[i] = codeOf(i - from, factor, LARGEST_CODE.int8)
}

function writeNibbles(codes: Uint8Array, from: number, to: number, factor: number): void {
  const length = to - from
  for (let i = 0; i < length; i += 2) {
    const low = codeOf(i, factor, LARGEST_CODE.int4)
    const high = i + 1 < length ? codeOf(i + 1, factor, LARGEST_CODE.int4) : 0
    codes[(from + i) >> 1] = (low & 0x0f) | ((high & 0x0f) << 4)
  }
}

/** Rounds one difference of the block. The scale was rounded to float32, so that a code may pass the largest by one. */
function codeOf(i: number, factor: number, largest: number): number {
  return Math.min(largest, Math.max(-largest, Math.floor(DIFFERENCES[i]! * factor + DRAWS[i]! * WORD_TO_UNIT)))
}
