import type { Clock } from '../../protocols/clock.ts'
import type { SignedVersion } from '../../protocols/delta-gossip/index.ts'
import type { Phase } from '../../protocols/envelope/index.ts'
import type { CheckpointTurns } from './checkpoint-turns.ts'

export interface CheckpointRequest {
  readonly round: number
  readonly seq: number
  readonly phase: Phase
  /** CID of the own newest delta. */
  readonly delta: Uint8Array
  /** Its sealed header, and the SHA-256 of the own copy after it. */
  readonly signed: SignedVersion
}

export interface CheckpointOffersInit {
  readonly turns: CheckpointTurns
  readonly clock: Clock
  /** Trainers in the run, this one included, as far as it knows. */
  readonly members: () => number
  readonly onDue: (request: CheckpointRequest) => Promise<void>
}

/** Asks for a checkpoint whenever it is this peer's turn, and leaves the last one to whoever comes first. */
export class CheckpointOffers {
  readonly #init: CheckpointOffersInit
  readonly #finalSeen = Promise.withResolvers<void>()

  constructor(init: CheckpointOffersInit) {
    this.#init = init
  }

  /** A checkpoint was published (by anybody) while this peer was in `round`. */
  seen(round: number, phase: Phase): void {
    this.#init.turns.seen(round, phase)
    if (phase === 'done') this.#finalSeen.resolve()
  }

  async offer(request: CheckpointRequest): Promise<void> {
    const { turns, members, onDue } = this.#init
    const { round, phase } = request
    if (!turns.isDue(round, phase, members())) return
    turns.seen(round, phase)
    const made = onDue(request)
    // Storing takes a disk's time: the rounds go on meanwhile, only the last checkpoint is waited for.
    if (phase === 'done') await made
  }

  /** Until somebody has published the last checkpoint, nobody whose turn comes before has, or the signal fires. */
  async leaveFinalToOthers(signal: AbortSignal): Promise<void> {
    const { turns, members, clock } = this.#init
    const ms = turns.finalWaitMs(members())
    if (ms === 0 || signal.aborted) return
    const over = Promise.withResolvers<void>()
    const end = () => over.resolve()
    signal.addEventListener('abort', end)
    const cancel = clock.after(ms, end)
    await Promise.race([over.promise, this.#finalSeen.promise])
    cancel()
    signal.removeEventListener('abort', end)
  }
}
