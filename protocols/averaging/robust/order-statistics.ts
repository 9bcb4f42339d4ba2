import type { Neighbour } from './rule.ts'

/** Gives one number from the sorted values of one coordinate, the own 0 among them. */
export type Pick = (sorted: Float64Array, count: number) => number

/**
 * `target += gamma * pick(sorted {0, v_1, ..., v_k})` for each coordinate. `scratch`: at least one entry more than
 * neighbours. Insertion sort: with nine values it beats every sort that has to be called.
 */
export function addPicked(
  target: Float32Array,
  neighbours: readonly Neighbour[],
  init: { readonly gamma: number; readonly scratch: Float64Array; readonly pick: Pick }
): void {
  const { gamma, scratch, pick } = init
  const copies = neighbours.map(({ copy }) => copy)
  const references = neighbours.map(({ reference }) => reference)
  const count = neighbours.length + 1
  for (let i = 0; i < target.length; i++) {
    scratch[0] = 0
    for (let j = 1; j < count; j++) insert(scratch, j, copies[j - 1]![i]! - references[j - 1]![i]!)
    target[i] = target[i]! + gamma * pick(scratch, count)
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
