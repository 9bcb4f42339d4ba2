import type { Phase } from '../../protocols/envelope/index.ts'

/**
 * Members for each of which a turn comes in every interval. In rounds that are short beside the way of a checkpoint through
 * the network nobody sees another's in time: 54 checkpoints of 32 peers in twenty rounds, which everybody forwards.
 */
const MEMBERS_TAKING_TURNS = 8

/** Time between the last turns of two groups: a checkpoint is made and has reached everybody by then, or will not come. */
const FINAL_TURN_MS = 1000

/**
 * When a peer's turn to publish a checkpoint comes: every `everyRounds` rounds and at the end, unless it saw somebody's
 * checkpoint in the last `everyRounds / 2` (DESIGN 4). Turns are spread over half the interval by the incarnation's
 * random bytes: peers in step would otherwise all find that nobody has published yet. Of more than a few members, a group
 * of about eight has its turn in one interval, the next in another.
 */
export class CheckpointTurns {
  readonly #everyRounds: number
  readonly #offset: number
  /** Decides the group. */
  readonly #draw: number
  #lastSeen = Number.NEGATIVE_INFINITY
  #isFinalSeen = false

  constructor(everyRounds: number, incarnation: Uint8Array) {
    this.#everyRounds = everyRounds
    const spread = Math.max(1, Math.floor(everyRounds / 2))
    this.#offset = incarnation.at(-1)! % spread
    this.#draw = incarnation.at(-2)!
  }

  /** A checkpoint was published (by anybody) while this peer was in `round`. */
  seen(round: number, phase: Phase): void {
    this.#lastSeen = Math.max(this.#lastSeen, round)
    if (phase === 'done') this.#isFinalSeen = true
  }

  /** True when this peer, one of so many members, should publish one now. */
  isDue(round: number, phase: Phase, members = 1): boolean {
    if (phase === 'done') return !this.#isFinalSeen
    if (phase === 'closing' || round < this.#everyRounds) return false
    const isTurn = (round - this.#offset) % this.#everyRounds === 0
    const interval = Math.floor((round - this.#offset) / this.#everyRounds)
    const isOfGroup = (interval + this.#draw) % groupsOf(members) === 0
    return isTurn && isOfGroup && round - this.#lastSeen > this.#everyRounds / 2
  }

  /** How long this peer leaves the last checkpoint to others. */
  finalWaitMs(members: number): number {
    return FINAL_TURN_MS * (this.#draw % groupsOf(members))
  }
}

function groupsOf(members: number): number {
  return Math.max(1, Math.floor(members / MEMBERS_TAKING_TURNS))
}
