import type { Codec } from './fields.ts'

/** Values that share one float32 scale (ALGORITHMS 1, "Quantiser Q"). */
const BLOCK_VALUES = 256
const SCALE_BYTES = 4

/**
 * Bytes of a payload of `length` values, so that a header that claims anything else is refused before its payload is
 * fetched.
 *
 * - `f32`: 4 bytes a value.
 * - `int8`: blocks of 256 values, each a 4-byte scale and one byte a value.
 * - `int4`: the same with two values a byte. A block is of even length except the last, whose last nibble may be empty.
 */
export function payloadBytes(codec: Codec, length: number): number {
  const scales = SCALE_BYTES * Math.ceil(length / BLOCK_VALUES)
  switch (codec) {
    case 'f32':
      return 4 * length
    case 'int8':
      return scales + length
    case 'int4':
      return scales + Math.ceil(length / 2)
  }
}
