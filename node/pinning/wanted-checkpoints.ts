import type { CheckpointNews } from '../../protocols/envelope/index.ts'

/** Announced checkpoints that wait to be fetched; their authors keep three, so that older ones are gone anyway. */
const MAX_WAITING = 16

/**
 * Checkpoints of a run that are to be fetched. Where a policy wants each, they wait for their turn; otherwise a newer one
 * takes the place of those before it.
 */
export class WantedCheckpoints {
  readonly #wantsEach: boolean
  readonly #waiting: CheckpointNews[] = []

  constructor(wantsEach: boolean) {
    this.#wantsEach = wantsEach
  }

  /** Answers with one that is given up for it, where there are too many. */
  add(checkpoint: CheckpointNews): CheckpointNews | undefined {
    if (!this.#wantsEach) this.#waiting.length = 0
    this.#waiting.push(checkpoint)
    return this.#waiting.length > MAX_WAITING ? this.#waiting.shift() : undefined
  }

  /** The one to fetch now; undefined when none waits. */
  get next(): CheckpointNews | undefined {
    return this.#waiting[0]
  }

  get all(): readonly CheckpointNews[] {
    return this.#waiting
  }

  /** It is here, or nobody gives it. */
  done(checkpoint: CheckpointNews): void {
    const at = this.#waiting.indexOf(checkpoint)
    if (at >= 0) this.#waiting.splice(at, 1)
  }
}
