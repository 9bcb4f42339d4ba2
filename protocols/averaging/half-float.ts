/**
 * IEEE 754 half precision, bit by bit: `Math.f16round` and Float16Array are younger than the oldest Node we run on.
 * One sign bit, five exponent bits with bias 15, ten bits of fraction; below 2^-14 multiples of 2^-24.
 */

/** The largest finite half, 65504: what is larger is written as this. */
const LARGEST_HALF_BITS = 0x7bff
const LARGEST_HALF = 65_504

/** All exponent bits set: infinity or not a number. */
export const HALF_EXPONENT = 0x7c00

/** Below it halves are subnormal, multiples of `2^-24`. */
const SMALLEST_NORMAL_HALF = 2 ** -14

/** Between the exponent biases of float32 (127) and half (15). */
const BIAS_DIFFERENCE = 127 - 15

/** Bits of a float32's fraction that a half has no room for. */
const DROPPED_BITS = 23 - 10

/** One number as float32 and as its bits. */
const FLOAT = new Float32Array(1)
const BITS = new Uint32Array(FLOAT.buffer)

/**
 * The bits of the half nearest to `fround(value)`, ties to even; values beyond the range of a half become its largest.
 * `value` must be a number, not NaN.
 */
export function toHalfBits(value: number): number {
  FLOAT[0] = value
  const bits = BITS[0]!
  const sign = (bits >>> 16) & 0x8000
  const size = Math.abs(FLOAT[0]!)
  if (size >= LARGEST_HALF) return sign | LARGEST_HALF_BITS
  if (size < SMALLEST_NORMAL_HALF) return sign | roundToEven(size * 2 ** 24)
  const magnitude = bits & 0x7fff_ffff
  const isOdd = (magnitude >>> DROPPED_BITS) & 1
  const rounded = (magnitude + (1 << (DROPPED_BITS - 1)) - 1 + isOdd) >>> DROPPED_BITS
  return sign | (rounded - (BIAS_DIFFERENCE << 10))
}

/** 2^52, to which a float64 can only be added in whole numbers: the sum rounds to the nearest, ties to even. */
function roundToEven(size: number): number {
  return size + 2 ** 52 - 2 ** 52
}

/** The number of a finite half's bits; infinities and NaN come out as numbers too, so look for them first. */
export function fromHalfBits(half: number): number {
  BITS[0] = (half & 0x7fff) << DROPPED_BITS
  const size = FLOAT[0]! * 2 ** BIAS_DIFFERENCE
  return half & 0x8000 ? -size : size
}
