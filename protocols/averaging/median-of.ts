/**
 * Coordinate-wise median of copies, the mean of the middle two for an even number: where robust runs start from and roll
 * back to (ALGORITHMS 1, late join), because less than half of the copies cannot move it beyond the others.
 * `copies`: at least one, each of shape [n]; their order does not matter.
 */
export function medianOf(copies: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const first = copies[0]
  if (first === undefined) throw new RangeError('the median of no copies is not defined')
  const median = new Float32Array(first.length)
  const sorted = new Float64Array(copies.length)
  const low = (copies.length - 1) >> 1
  const high = copies.length >> 1
  for (let i = 0; i < median.length; i++) {
    for (let j = 0; j < copies.length; j++) sorted[j] = copies[j]![i]!
    sorted.sort()
    median[i] = (sorted[low]! + sorted[high]!) / 2
  }
  return median
}
