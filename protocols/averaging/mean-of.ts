/**
 * Coordinate-wise mean of copies, float64 sums in the given order, one rounding to float32 at the end.
 * `copies`: at least one, each of shape [n]. Any holder of the same copies in the same order gets the same bytes.
 */
export function meanOf(copies: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const first = copies[0]
  if (first === undefined) throw new RangeError('the mean of no copies is not defined')
  const mean = new Float32Array(first.length)
  for (let i = 0; i < mean.length; i++) {
    let sum = 0
    for (const copy of copies) sum += copy[i]!
    mean[i] = sum / copies.length
  }
  return mean
}
