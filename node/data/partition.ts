import { createRandom, type Random } from '../../protocols/averaging/index.ts'
import { MIN_TRAINING_ROWS } from './dataset.ts'
import { drawDirichlet } from './dirichlet.ts'
import { InvalidPeerCountError, LabelOutOfRangeError } from './errors.ts'
import type { Labels } from './labels.ts'
import { shuffledIndices } from './shuffle.ts'

/** Redraws before rows are moved by hand instead: very small alphas would otherwise be drawn for ever. */
const MAX_DRAWS = 100

/**
 * How rows are dealt out.
 * - `iid`: at random, the same number to all, give or take one.
 * - `dirichlet`: every class by shares of its own, so that peers differ in labels and in size (Hsu et al. 2019).
 * - `quantity`: at random, but by shares of the whole, so that peers differ in size only (Li et al. 2022).
 */
export type PartitionScheme =
  | { readonly kind: 'iid' }
  | { readonly kind: 'dirichlet'; readonly alpha: number }
  | { readonly kind: 'quantity'; readonly alpha: number }

/**
 * Deals rows out to peers, each row to exactly one and at least two to each: the row numbers of each peer, rising.
 * The same for the same seed. `labels`: shape [rows], class numbers below `classes`; those of a regression come from
 * `quantileBins`.
 *
 * Throws InvalidPeerCountError, LabelOutOfRangeError, InvalidAlphaError.
 */
export function partition(
  labels: Labels,
  classes: number,
  scheme: PartitionScheme,
  peers: number,
  seed: number
): number[][] {
  if (!Number.isInteger(peers) || peers < 1 || labels.length < peers * MIN_TRAINING_ROWS) {
    throw new InvalidPeerCountError(peers, labels.length, MIN_TRAINING_ROWS)
  }
  const byClass = rowsByClass(labels, classes)
  const random = createRandom(seed)
  let parts = draw(byClass, scheme, peers, random)
  for (let draws = 1; draws < MAX_DRAWS && !parts.every(isTrainable); draws++) {
    parts = draw(byClass, scheme, peers, random)
  }
  fillSmallParts(parts, random)
  return parts.map((part) => part.sort((a, b) => a - b))
}

function rowsByClass(labels: Labels, classes: number): number[][] {
  const byClass: number[][] = Array.from({ length: classes }, () => [])
  for (const [row, label] of labels.entries()) {
    const rows = byClass[label]
    if (rows === undefined) throw new LabelOutOfRangeError(row, label, classes)
    rows.push(row)
  }
  return byClass
}

function draw(byClass: readonly number[][], scheme: PartitionScheme, peers: number, random: Random): number[][] {
  const groups = scheme.kind === 'dirichlet' ? byClass : [byClass.flat()]
  const parts: number[][] = Array.from({ length: peers }, () => [])
  for (const rows of groups) {
    const shares =
      scheme.kind === 'iid' ? new Float64Array(peers).fill(1 / peers) : drawDirichlet(scheme.alpha, peers, random)
    deal(rows, shares, parts, random)
  }
  return parts
}

/**
 * Shuffles the rows and cuts them at the rounded running sums of the shares: the last cut is the end, nothing is lost.
 */
function deal(rows: readonly number[], shares: Float64Array, parts: readonly number[][], random: Random): void {
  const order = shuffledIndices(rows.length, random)
  let sum = 0
  let start = 0
  for (const [peer, part] of parts.entries()) {
    sum += shares[peer]!
    const end = peer === parts.length - 1 ? rows.length : Math.min(rows.length, Math.round(sum * rows.length))
    for (const index of order.slice(start, end)) part.push(rows[index]!)
    start = end
  }
}

function isTrainable(part: readonly number[]): boolean {
  return part.length >= MIN_TRAINING_ROWS
}

/** Moves random rows from the largest part to those below the minimum, which the total was checked to allow. */
function fillSmallParts(parts: readonly number[][], random: Random): void {
  for (const part of parts) {
    while (!isTrainable(part)) {
      const largest = parts.reduce((a, b) => (b.length > a.length ? b : a))
      part.push(...largest.splice(Math.floor(random.next() * largest.length), 1))
    }
  }
}
