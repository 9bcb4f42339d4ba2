/** What an author may send on a topic: so many records at once, and one more after every so many milliseconds. */
export interface Rate {
  readonly burst: number
  readonly refillMs: number
}

/** Authors whose records are counted: a stranger can make up more, and then none is held to its rate for long. */
const MAX_AUTHORS = 4096

interface Bucket {
  tokens: number
  updatedAt: number
}

/** Holds every author of a topic to a rate: whatever one peer accepts, all pass on to their neighbours. */
export class AuthorLimit {
  readonly #rate: Rate
  readonly #buckets = new Map<string, Bucket>()

  constructor(rate: Rate) {
    this.#rate = rate
  }

  /** Takes one record of an author at `now`, monotonic milliseconds. False when it came too soon. */
  take(author: Uint8Array, now: number): boolean {
    const name = Buffer.from(author).toString('base64')
    const { burst, refillMs } = this.#rate
    const { tokens, updatedAt } = this.#buckets.get(name) ?? { tokens: burst, updatedAt: now }
    const refilled = Math.min(burst, tokens + (now - updatedAt) / refillMs)
    this.#buckets.delete(name)
    this.#buckets.set(name, { tokens: refilled < 1 ? refilled : refilled - 1, updatedAt: now })
    if (this.#buckets.size > MAX_AUTHORS) this.#buckets.delete(this.#buckets.keys().next().value!)
    return refilled >= 1
  }
}
