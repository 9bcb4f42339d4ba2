/**
 * How a delta's numbers are written. `int4` is the default of a run; `f32` is exact and eight times larger; `f16` keeps
 * eleven bits of each number by itself, whatever is around it, at four times the size.
 */
export type Codec = 'f32' | 'f16' | 'int8' | 'int4'

/** Parameters that share one scale (ALGORITHMS 1, quantiser Q). */
export const BLOCK_PARAMETERS = 256

/** Largest code: `2^(bits-1) - 1`, so that the codes are symmetric around zero. */
export const LARGEST_CODE: Readonly<Record<'int8' | 'int4', number>> = { int8: 127, int4: 7 }

/**
 * Size of a payload in bytes for `length` parameters.
 *
 * Quantised payloads hold first one little-endian float32 scale for each block of 256, then the codes:
 * one byte a parameter (int8) or one nibble, low nibble first (int4). `f32` and `f16` hold the little-endian IEEE numbers.
 */
export function payloadBytes(codec: Codec, length: number): number {
  const scales = 4 * Math.ceil(length / BLOCK_PARAMETERS)
  if (codec === 'f32') return 4 * length
  if (codec === 'f16') return 2 * length
  if (codec === 'int8') return scales + length
  return scales + Math.ceil(length / 2)
}
