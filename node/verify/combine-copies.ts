import { setImmediate as nextTurn } from 'node:timers/promises'
import { meanOf, medianOf } from '../../protocols/averaging/index.ts'

/** Coordinates of one turn: 129 copies of them sort in 15 ms, well under the 50 ms that hold up a peer (DESIGN 2). */
const SLICE = 8192

/**
 * The rule over copies, each of shape [n], as peers compute it, in slices: coordinates do not see each other, so the
 * result is the same, bit for bit.
 */
export async function combineCopies(rule: 'mean' | 'median', copies: readonly Float32Array[]): Promise<Float32Array> {
  const combined = new Float32Array(copies[0]!.length)
  for (let from = 0; from < combined.length; from += SLICE) {
    const slices = copies.map((copy) => copy.subarray(from, from + SLICE))
    combined.set(rule === 'mean' ? meanOf(slices) : medianOf(slices), from)
    await nextTurn()
  }
  return combined
}

/** L2 distance of each copy to the coordinate-wise median of all, in the order of the copies. */
export async function distancesToMedian(copies: readonly Float32Array[]): Promise<number[]> {
  const median = await combineCopies('median', copies)
  return copies.map((copy) => Math.sqrt(copy.reduce((sum, value, i) => sum + (value - median[i]!) ** 2, 0)))
}
