import { createHash } from 'node:crypto'
import { createRandom } from '../../protocols/averaging/index.ts'
import type { Dataset } from './dataset.ts'
import { InvalidFractionError } from './errors.ts'
import { shuffledIndices } from './shuffle.ts'

/** Keeps these hashes apart from any other use of SHA-256 on the same bytes. */
const HASH_PREFIX = 'starling/hold-out/1'

/** Six bytes of a digest are a number that a double holds exactly. */
const HASH_BYTES = 6

/** Row numbers of the two parts, each in rising order. Together they are all rows, each once. */
export interface Split {
  readonly training: readonly number[]
  readonly heldOut: readonly number[]
}

/**
 * Holds out about a `fraction` of the rows. Append-stable: whether a row is held out depends on the seed and on its
 * own encoded bytes, so a row that was trained on is never evaluated on later, whatever rows are added and wherever.
 * Of equal rows, the first, the second, ... are decided one by one, so that a row which is common does not go all one
 * way; equal rows may therefore stand on both sides. A larger fraction holds out the same rows and more. With few rows
 * either part may be empty.
 *
 * Throws InvalidFractionError.
 */
export function holdOut(dataset: Dataset, fraction: number, seed: number): Split {
  requireFraction(fraction)
  const seen = new Map<string, number>()
  const training: number[] = []
  const heldOut: number[] = []
  for (let row = 0; row < dataset.count; row++) {
    const content = rowDigest(dataset, row)
    const key = content.toString('base64')
    const occurrence = seen.get(key) ?? 0
    seen.set(key, occurrence + 1)
    const part = chance(content, occurrence, seed) < fraction ? heldOut : training
    part.push(row)
  }
  return { training, heldOut }
}

/**
 * Holds out exactly `round(count * fraction)` rows, chosen by a seeded shuffle: a test set whose size is fixed, out of
 * rows that do not change. Throws InvalidFractionError.
 */
export function splitFraction(count: number, fraction: number, seed: number): Split {
  requireFraction(fraction)
  const order = shuffledIndices(count, createRandom(seed))
  const cut = Math.round(count * fraction)
  const rising = (a: number, b: number): number => a - b
  return { training: order.slice(cut).sort(rising), heldOut: order.slice(0, cut).sort(rising) }
}

function requireFraction(fraction: number): void {
  if (!(fraction >= 0 && fraction < 1)) throw new InvalidFractionError(fraction)
}

/** Of the row's float32 features and its label, int32 or float32, as they lie in memory (little-endian on all that Node runs on). */
function rowDigest({ features, labels, featureCount }: Dataset, row: number): Buffer {
  const start = row * featureCount
  return createHash('sha256')
    .update(features.subarray(start, start + featureCount))
    .update(labels.subarray(row, row + 1))
    .digest()
}

/** Uniform on [0, 1), fixed by the row's content, its occurrence and the seed. */
function chance(content: Buffer, occurrence: number, seed: number): number {
  const digest = createHash('sha256').update(`${HASH_PREFIX}\0${seed}\0${occurrence}\0`).update(content).digest()
  return digest.readUIntBE(0, HASH_BYTES) / 2 ** (8 * HASH_BYTES)
}
