import { BLOCK_PARAMETERS, type Codec, LARGEST_CODE, payloadBytes } from './codec.ts'
import type { Random } from './random.ts'

/**
 * Writes `target - copy` as a payload: blocks of 256, one float32 scale a block, stochastic rounding
 * `floor(v / s * L + u)`, so that the expectation of the dequantised value is `v` and its error is at most `s / L`.
 *
 * `target`, `copy`: shape [n], finite. The random source decides the rounding only; the same bytes come from the same
 * source state. Throws nothing: a non-finite difference must be caught before (see `isWithinBounds`).
 * Source: ALGORITHMS 1; stochastic uniform quantisation as in QSGD (Alistarh et al. 2017), in blocks.
 */
export function quantise(
  codec: Codec,
  target: Float32Array,
  copy: Float32Array,
  random: Random
): Uint8Array<ArrayBuffer> {
  const payload = new Uint8Array(payloadBytes(codec, target.length))
  if (codec === 'f32') {
    const values = new Float32Array(payload.buffer)
    for (let i = 0; i < values.length; i++) values[i] = target[i]! - copy[i]!
    return payload
  }
  const blocks = Math.ceil(target.length / BLOCK_PARAMETERS)
  const scales = new Float32Array(payload.buffer, 0, blocks)
  const codes = payload.subarray(4 * blocks)
  for (let block = 0; block < blocks; block++) {
    const from = block * BLOCK_PARAMETERS
    const to = Math.min(from + BLOCK_PARAMETERS, target.length)
    scales[block] = largestDifference(target, copy, from, to)
    if (scales[block] === 0) continue
    if (codec === 'int8') writeBytes(codes, target, copy, from, to, scales[block]!, random)
    else writeNibbles(codes, target, copy, from, to, scales[block]!, random)
  }
  return payload
}

function largestDifference(target: Float32Array, copy: Float32Array, from: number, to: number): number {
  let largest = 0
  for (let i = from; i < to; i++) {
    const size = Math.abs(target[i]! - copy[i]!)
    if (size > largest) largest = size
  }
  return largest
}

function writeBytes(
  codes: Uint8Array,
  target: Float32Array,
  copy: Float32Array,
  from: number,
  to: number,
  scale: number,
  random: Random
): void {
  const factor = LARGEST_CODE.int8 / scale
  for (let i = from; i < to; i++) {
    codes[i] = clampCode(Math.floor((target[i]! - copy[i]!) * factor + random.next()), LARGEST_CODE.int8)
  }
}

function writeNibbles(
  codes: Uint8Array,
  target: Float32Array,
  copy: Float32Array,
  from: number,
  to: number,
  scale: number,
  random: Random
): void {
  const factor = LARGEST_CODE.int4 / scale
  for (let i = from; i < to; i += 2) {
    const low = clampCode(Math.floor((target[i]! - copy[i]!) * factor + random.next()), LARGEST_CODE.int4)
    const high =
      i + 1 < to
        ? clampCode(Math.floor((target[i + 1]! - copy[i + 1]!) * factor + random.next()), LARGEST_CODE.int4)
        : 0
    codes[i >> 1] = (low & 0x0f) | ((high & 0x0f) << 4)
  }
}

/** The scale was rounded to float32, so that a quotient may pass the largest code by one rounding error. */
function clampCode(code: number, largest: number): number {
  return Math.min(largest, Math.max(-largest, code))
}
