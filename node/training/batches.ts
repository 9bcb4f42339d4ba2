import { createRandom, type Random } from '../../protocols/averaging/index.ts'
import { type Dataset, emptyLabels, type Labels } from '../data/index.ts'

/** Rows of one step; the arrays are reused by the next one. */
export interface Batch {
  /** Shape [size, featureCount]. */
  readonly features: Float32Array
  /** Shape [size]. */
  readonly labels: Labels
  /** For what a step does by chance: follows the seed as the order of rows does, and leaves that order alone. */
  readonly random: Random
}

/**
 * Draws batches of one size for ever: every row once in random order, then every row once in another order, and so on.
 * A batch may reach over the end of an order, so no row is skipped and none is drawn more often than another.
 */
export class BatchStream {
  /** Rows of a batch: what was asked for, or all rows where there are fewer. */
  readonly size: number
  readonly #dataset: Dataset
  readonly #order: Uint32Array
  readonly #batch: Omit<Batch, 'random'>
  #seed = 0
  #random: Random = createRandom(0)
  #chance: Random = createRandom(0).fork('chance')
  #position: number

  constructor(dataset: Dataset, size: number) {
    this.size = Math.min(size, dataset.count)
    this.#dataset = dataset
    this.#order = new Uint32Array(dataset.count)
    this.#batch = {
      features: new Float32Array(this.size * dataset.featureCount),
      labels: emptyLabels(dataset.labels, this.size)
    }
    this.#position = dataset.count
  }

  /** Starts the orders that `seed` names, unless they are under way already. Without a call, those of seed 0. */
  useSeed(seed: number): void {
    if (seed === this.#seed) return
    this.#random = createRandom(seed)
    this.#chance = createRandom(seed).fork('chance')
    this.#seed = seed
    this.#position = this.#order.length
  }

  next(): Batch {
    const { features, labels, featureCount } = this.#dataset
    for (let i = 0; i < this.size; i++) {
      const row = this.#nextRow()
      this.#batch.features.set(features.subarray(row * featureCount, (row + 1) * featureCount), i * featureCount)
      this.#batch.labels[i] = labels[row]!
    }
    return { ...this.#batch, random: this.#chance }
  }

  #nextRow(): number {
    if (this.#position === this.#order.length) {
      shuffle(this.#order, this.#random)
      this.#position = 0
    }
    return this.#order[this.#position++]!
  }
}

/**
 * Fills `order` with 0 to its length - 1 in uniformly random order ("inside-out" Fisher-Yates, Knuth 1998, 3.4.2),
 * whatever it held before, so an order depends on the stream of random numbers only.
 */
function shuffle(order: Uint32Array, random: Random): void {
  for (let i = 0; i < order.length; i++) {
    const j = Math.floor(random.next() * (i + 1))
    order[i] = order[j]!
    order[j] = i
  }
}
