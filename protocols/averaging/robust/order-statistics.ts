import type { Neighbour } from './rule.ts'

/**
 * `target += gamma * mean of the sorted {0, v_1, ..., v_k} without the first and last "trimmed"`, for each coordinate:
 * the own model, which is 0, and the neighbours, each counted once whatever its weight. `trimmed` below half of `k + 1`.
 * `sorted`: scratch of at least `k + 1` entries.
 *
 * Insertion sort: with nine values it beats every sort that has to be called.
 */
export function addTrimmedMean(
  target: Float32Array,
  neighbours: readonly Neighbour[],
  { gamma, trimmed, sorted }: { readonly gamma: number; readonly trimmed: number; readonly sorted: Float64Array }
): void {
  const copies = neighbours.map(({ copy }) => copy)
  const references = neighbours.map(({ reference }) => reference)
  const count = neighbours.length + 1
  const factor = gamma / (count - 2 * trimmed)
  for (let i = 0; i < target.length; i++) {
    sorted[0] = 0
    for (let j = 1; j < count; j++) insert(sorted, j, copies[j - 1]![i]! - references[j - 1]![i]!)
    let sum = 0
    for (let j = trimmed; j < count - trimmed; j++) sum += sorted[j]!
    target[i] = target[i]! + factor * sum
  }
}

/** Puts `value` into the first `length` entries of `sorted`, which grow by one. */
function insert(sorted: Float64Array, length: number, value: number): void {
  let at = length
  while (at > 0 && sorted[at - 1]! > value) {
    sorted[at] = sorted[at - 1]!
    at -= 1
  }
  sorted[at] = value
}
