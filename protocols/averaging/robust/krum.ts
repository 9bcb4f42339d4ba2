import { addDifferences } from './combine.ts'
import type { MixContext, Neighbour, RobustRule } from './rule.ts'

/** Parameters at a time: the differences of nine models, 36 KiB in float32, stay in the second-level cache. */
const BLOCK = 1024

/**
 * Krum (Blanchard et al. 2017, "Machine learning with adversaries"): moves to the one model, own or neighbour's, whose
 * squared distances to its `n - b - 2` nearest others sum to the least; each counted once whatever its weight. At least
 * one other counts, however few there are. Every squared distance is computed once.
 */
export class Krum implements RobustRule {
  /** Differences of one block, shape [k + 1, BLOCK]; the own model comes first and stays 0. */
  #block = new Float32Array(0)
  /** Squared distances, shape [k + 1, k + 1]; the own model comes first. */
  #squares = new Float64Array(0)

  addTo(target: Float32Array, neighbours: readonly Neighbour[], { gamma, b }: MixContext): void {
    this.#measure(neighbours)
    const chosen = this.#choose(neighbours.length + 1, b)
    addDifferences(target, neighbours, (j) => (j + 1 === chosen ? gamma : 0))
  }

  #measure(neighbours: readonly Neighbour[]): void {
    const models = neighbours.length + 1
    if (this.#block.length < models * BLOCK) this.#block = new Float32Array(models * BLOCK)
    if (this.#squares.length < models ** 2) this.#squares = new Float64Array(models ** 2)
    this.#squares.fill(0)
    const n = neighbours[0]?.copy.length ?? 0
    for (let from = 0; from < n; from += BLOCK) this.#addBlock(neighbours, from, Math.min(BLOCK, n - from))
  }

  #addBlock(neighbours: readonly Neighbour[], from: number, length: number): void {
    const block = this.#block
    const squares = this.#squares
    const models = neighbours.length + 1
    for (let j = 1; j < models; j++) writeDifference(block, j * BLOCK, neighbours[j - 1]!, from, length)
    for (let one = 0; one < models; one++) {
      for (let other = one + 1; other < models; other++) {
        const entry = one * models + other
        addSquares(squares, entry, block, one * BLOCK, other * BLOCK, length)
        squares[other * models + one] = squares[entry]!
      }
    }
  }

  /** Index of the model with the lowest score; the earliest of equals, so that in doubt a peer stays where it is. */
  #choose(models: number, b: number): number {
    const counted = Math.max(1, models - b - 2)
    let [chosen, lowest] = [0, Number.POSITIVE_INFINITY]
    for (let one = 0; one < models; one++) {
      const row = this.#squares.slice(one * models, (one + 1) * models).sort()
      // The smallest entry is the distance to itself.
      const score = row.subarray(1, counted + 1).reduce((sum, square) => sum + square, 0)
      if (score < lowest) [chosen, lowest] = [one, score]
    }
    return chosen
  }
}

function writeDifference(
  block: Float32Array,
  at: number,
  { copy, reference }: Neighbour,
  from: number,
  length: number
): void {
  for (let i = 0; i < length; i++) block[at + i] = copy[from + i]! - reference[from + i]!
}

/** Adds the squared distance of two differences in the block to `sums[entry]`. */
function addSquares(
  sums: Float64Array,
  entry: number,
  block: Float32Array,
  one: number,
  other: number,
  length: number
): void {
  const whole = length & ~1
  let s = 0
  let t = 0
  for (let i = 0; i < whole; i += 2) {
    const a = block[one + i]! - block[other + i]!
    const b = block[one + i + 1]! - block[other + i + 1]!
    s += a * a
    t += b * b
  }
  if (whole < length) s += (block[one + whole]! - block[other + whole]!) ** 2
  sums[entry] = sums[entry]! + s + t
}
