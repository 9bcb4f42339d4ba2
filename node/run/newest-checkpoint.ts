import type { CheckpointNews } from '../../protocols/envelope/index.ts'

const PHASES = ['training', 'closing', 'done'] as const

/** The newest checkpoint of a run that this peer knows of, own ones included. */
export class NewestCheckpoint {
  #newest: CheckpointNews | undefined

  get sealed(): Uint8Array | undefined {
    return this.#newest?.bytes
  }

  get announced(): CheckpointNews | undefined {
    return this.#newest
  }

  /** Takes back one that nobody gives: else its author, who may claim any round, keeps all others from being heard. */
  withdraw(checkpoint: CheckpointNews, instead: CheckpointNews | undefined): void {
    if (this.#newest === checkpoint) this.#newest = instead
  }

  /** True when it is newer than what was known: sealed by more members, else by phase, then by round. */
  offer(checkpoint: CheckpointNews): boolean {
    if (this.#newest !== undefined && rank(checkpoint) <= rank(this.#newest)) return false
    this.#newest = checkpoint
    return true
  }
}

/** Sorts announcements, the newest first. */
export function compareCheckpoints(a: CheckpointNews, b: CheckpointNews): number {
  return rank(b) - rank(a)
}

/** Rounds are below 1e7 (envelope, MAX_ROUNDS), so that a phase outweighs all of them, and a seal all phases. */
function rank({ announcement, seal }: CheckpointNews): number {
  if (seal !== undefined) return PHASES.length * 1e8 + seal.members
  return PHASES.indexOf(announcement.phase) * 1e8 + announcement.round
}
