import type { Phase } from '../../protocols/envelope/index.ts'

/**
 * When a peer's turn to publish a checkpoint comes: every `everyRounds` rounds and at the end, unless it saw somebody's
 * checkpoint in the last `everyRounds / 2` (DESIGN 4). Turns are spread over half the interval by the incarnation's
 * random bytes: peers in step would otherwise all find that nobody has published yet.
 */
export class CheckpointTurns {
  readonly #everyRounds: number
  readonly #offset: number
  #lastSeen = Number.NEGATIVE_INFINITY
  #isFinalSeen = false

  constructor(everyRounds: number, incarnation: Uint8Array) {
    this.#everyRounds = everyRounds
    const spread = Math.max(1, Math.floor(everyRounds / 2))
    this.#offset = incarnation[incarnation.length - 1]! % spread
  }

  /** A checkpoint was published (by anybody) while this peer was in `round`. */
  seen(round: number, phase: Phase): void {
    this.#lastSeen = Math.max(this.#lastSeen, round)
    if (phase === 'done') this.#isFinalSeen = true
  }

  /** True when this peer should publish one now. */
  isDue(round: number, phase: Phase): boolean {
    if (phase === 'done') return !this.#isFinalSeen
    if (phase === 'closing' || round < this.#everyRounds) return false
    const isTurn = (round - this.#offset) % this.#everyRounds === 0
    return isTurn && round - this.#lastSeen > this.#everyRounds / 2
  }
}
