/**
 * Headers on the topic are for those without a link. All members together publish about one in this time, so that a
 * peer's traffic does not grow with the network (DESIGN 4): each forwards all of them, several times over. One in ten
 * seconds from every peer cost 15 kB a round among 32 on two cores, more than the deltas on all links of a peer.
 */
const INTERVAL_MS = 10_000

/**
 * … and about one in so many rounds. Where rounds take seconds, as those of many peers on one machine do, one in ten
 * seconds is one in three rounds: 1.1 kB a round among 32, 0.2 among 16, whose rounds took half a second.
 */
const INTERVAL_ROUNDS = 16

/** When a peer's header goes to the topic too. */
export class TopicTurns {
  readonly #phase: number
  #lastAt: number | undefined
  #rounds = 0

  /** `phase`: how far in its interval the peer begins, on [0, 1): members that begin together must not publish together. */
  constructor(phase: number) {
    this.#phase = phase
  }

  /**
   * Call once a delta. True when it is the turn of this peer, one of so many members; it has had it then.
   * `now`: monotonic milliseconds.
   */
  take(now: number, members: number): boolean {
    const interval = INTERVAL_MS * members
    const rounds = INTERVAL_ROUNDS * members
    if (this.#lastAt === undefined) {
      this.#lastAt = now - this.#phase * interval
      this.#rounds = Math.floor(this.#phase * rounds)
    }
    this.#rounds += 1
    if (now - this.#lastAt < interval || this.#rounds < rounds) return false
    this.#lastAt = now
    this.#rounds = 0
    return true
  }
}
