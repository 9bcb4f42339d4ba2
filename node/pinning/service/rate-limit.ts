import type { Clock } from '../../../protocols/clock.ts'

/** Names that are remembered; past it the oldest starts afresh, which only a flood of names gets to see. */
const MAX_NAMES = 1000

export interface RateLimitInit {
  readonly perSecond: number
  /** As many at once. */
  readonly burst: number
  readonly clock: Pick<Clock, 'now'>
}

/** A token bucket for each name: so many at once, then so many a second. */
export class RateLimit {
  readonly #init: RateLimitInit
  readonly #buckets = new Map<string, { left: number; at: number }>()

  constructor(init: RateLimitInit) {
    this.#init = init
  }

  /** Takes one; false where none is left. */
  take(name: string): boolean {
    const { perSecond, burst, clock } = this.#init
    const now = clock.now()
    const { left, at } = this.#buckets.get(name) ?? { left: burst, at: now }
    const filled = Math.min(burst, left + ((now - at) * perSecond) / 1000)
    const isTaken = filled >= 1
    this.#buckets.delete(name)
    this.#buckets.set(name, { left: isTaken ? filled - 1 : filled, at: now })
    if (this.#buckets.size > MAX_NAMES) this.#buckets.delete(this.#buckets.keys().next().value!)
    return isTaken
  }
}
