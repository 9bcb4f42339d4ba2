import type { SignedCheckpointAnnouncement } from '../../protocols/envelope/index.ts'

const PHASES = ['training', 'closing', 'done'] as const

/** The newest checkpoint of a run that this peer knows of, own ones included. */
export class NewestCheckpoint {
  #newest: SignedCheckpointAnnouncement | undefined

  get sealed(): Uint8Array | undefined {
    return this.#newest?.bytes
  }

  get announced(): SignedCheckpointAnnouncement | undefined {
    return this.#newest
  }

  /** Takes back one that nobody gives: else its author, who may claim any round, keeps all others from being heard. */
  withdraw(checkpoint: SignedCheckpointAnnouncement, instead: SignedCheckpointAnnouncement | undefined): void {
    if (this.#newest === checkpoint) this.#newest = instead
  }

  /** True when it is newer than what was known: by phase, then by round. */
  offer(checkpoint: SignedCheckpointAnnouncement): boolean {
    if (this.#newest !== undefined && rankOf(checkpoint) <= rankOf(this.#newest)) return false
    this.#newest = checkpoint
    return true
  }
}

/** Sorts announcements, the newest first. */
export function compareCheckpoints(a: SignedCheckpointAnnouncement, b: SignedCheckpointAnnouncement): number {
  return rankOf(b) - rankOf(a)
}

/** The larger the newer. Rounds are below 1e7 (envelope, MAX_ROUNDS), so that a phase outweighs all of them. */
function rankOf({ announcement }: SignedCheckpointAnnouncement): number {
  return PHASES.indexOf(announcement.phase) * 1e8 + announcement.round
}
