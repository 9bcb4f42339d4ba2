import type { CheckpointNews } from '../../protocols/envelope/index.ts'
import { CHECKPOINTS_KEPT } from '../../storage/index.ts'

/** An announced checkpoint that is to be fetched. */
export interface WantedCheckpoint {
  readonly checkpoint: CheckpointNews
  /** When it was heard of, milliseconds since 1970; no two have the same, and a later one has a later time. */
  readonly heardAt: number
}

/**
 * Checkpoints of a run that are to be fetched, the newest first: its author keeps three, so that an older one may be gone by
 * the time it is asked for. Where a policy wants each, as many wait for their turn; otherwise a newer one takes the place of
 * those before it.
 */
export class WantedCheckpoints {
  readonly #most: number
  #waiting: readonly WantedCheckpoint[] = []
  #lastHeardAt: number

  /** `after`: everything is heard of later than that, as what an earlier start kept was. */
  constructor(wantsEach: boolean, after = 0) {
    this.#most = wantsEach ? CHECKPOINTS_KEPT : 1
    this.#lastHeardAt = after
  }

  /** Answers with those that are given up for it. */
  add(checkpoint: CheckpointNews, now: number): readonly WantedCheckpoint[] {
    this.#lastHeardAt = Math.max(now, this.#lastHeardAt + 1)
    const all = [...this.#waiting, { checkpoint, heardAt: this.#lastHeardAt }]
    this.#waiting = all.slice(-this.#most)
    return all.slice(0, -this.#most)
  }

  /** The one to fetch now; undefined when none waits. */
  get next(): WantedCheckpoint | undefined {
    return this.#waiting.at(-1)
  }

  /** In the order of their turn. */
  get all(): readonly WantedCheckpoint[] {
    return this.#waiting.toReversed()
  }

  /** It is here, or nobody gives it. */
  done(wanted: WantedCheckpoint): void {
    this.#waiting = this.#waiting.filter((other) => other !== wanted)
  }
}
