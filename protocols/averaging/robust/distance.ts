import type { Neighbour } from './rule.ts'

/** Parameters at a time: a reference of 8 KiB stays in the first-level cache while all neighbours pass over it. */
const BLOCK = 2048

/**
 * Writes `d_j = |copy_j - reference_j|` (L2, float64 sums) into `distances`, one for each neighbour; entries beyond them
 * are left alone.
 */
export function writeDistances(neighbours: readonly Neighbour[], distances: Float64Array): void {
  const n = neighbours[0]?.copy.length ?? 0
  distances.fill(0, 0, neighbours.length)
  for (let from = 0; from < n; from += BLOCK) {
    const to = Math.min(from + BLOCK, n)
    for (let j = 0; j < neighbours.length; j++) addSquares(distances, j, neighbours[j]!, from, to)
  }
  for (let j = 0; j < neighbours.length; j++) distances[j] = Math.sqrt(distances[j]!)
}

/**
 * Adds the squared distance over the parameters `from` to `to` to `sums[j]`, where a number that is returned would be a
 * heap object. Four sums side by side: one alone waits for every addition to end before the next begins.
 */
function addSquares(sums: Float64Array, j: number, { copy, reference }: Neighbour, from: number, to: number): void {
  const whole = from + ((to - from) & ~3)
  let s = 0
  let t = 0
  let u = 0
  let v = 0
  for (let i = from; i < whole; i += 4) {
    const a = copy[i]! - reference[i]!
    const b = copy[i + 1]! - reference[i + 1]!
    const c = copy[i + 2]! - reference[i + 2]!
    const d = copy[i + 3]! - reference[i + 3]!
    s += a * a
    t += b * b
    u += c * c
    v += d * d
  }
  for (let i = whole; i < to; i++) s += (copy[i]! - reference[i]!) ** 2
  sums[j] = sums[j]! + (s + t) + (u + v)
}
