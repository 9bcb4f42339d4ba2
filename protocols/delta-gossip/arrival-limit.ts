/** Deltas that may arrive at once: a neighbour's frames bunch up whenever either side's event loop was late. */
const BURST_DELTAS = 8

/**
 * Holds a neighbour to the run's `minRoundMs` on average: a bucket of eight that refills one delta every
 * `minRoundMs`. The excess is ignored (ALGORITHMS 1, rebuild rules).
 */
export class ArrivalLimit {
  readonly #minRoundMs: number
  #tokens = BURST_DELTAS
  #updatedAt = Number.NEGATIVE_INFINITY

  constructor(minRoundMs: number) {
    this.#minRoundMs = minRoundMs
  }

  /** Takes one delta at `now` (monotonic milliseconds). False when it came too soon. */
  take(now: number): boolean {
    if (this.#minRoundMs <= 0) return true
    this.#tokens = Math.min(BURST_DELTAS, this.#tokens + (now - this.#updatedAt) / this.#minRoundMs)
    this.#updatedAt = now
    if (this.#tokens < 1) return false
    this.#tokens -= 1
    return true
  }
}
