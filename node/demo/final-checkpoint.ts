import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoEvent } from './messages.ts'
import type { PeerHandle } from './peer-handle.ts'

/** All that live have sealed the last checkpoint within a second, as a rule; a busy machine takes longer. */
const SEAL_MS = 10_000

/** The pinner has this long to fetch one. */
const PIN_MS = 20_000

/**
 * Waits for the end of a run at the pinner: the checkpoint over all trainers that live, which each of them has sealed.
 * Where they do not come that far, the newest one that says `done`; null where the pinner has none.
 */
export class FinalCheckpoint {
  readonly #trainers: readonly PeerHandle[]
  /** Members in the checkpoint that a trainer sealed last. */
  readonly #sealedBy = new Map<PeerHandle, number>()
  #pinned: { readonly root: string; readonly sealedBy: number } | undefined
  #onChange: () => void = () => {}

  /** Create it before the rounds begin: it listens from then on. */
  constructor(pinner: PeerHandle, trainers: readonly PeerHandle[]) {
    this.#trainers = trainers
    for (const trainer of trainers) {
      trainer.onEvent((event) => {
        if (event.type === 'sealed') this.#sealedBy.set(trainer, event.members)
        this.#onChange()
      })
    }
    pinner.onEvent((event) => this.#pinnerSays(event))
  }

  #pinnerSays(event: DemoEvent): void {
    if (event.type !== 'pinned' || event.phase !== 'done') return
    this.#pinned = { root: event.root, sealedBy: event.sealedBy ?? 0 }
    this.#onChange()
  }

  /** Its CID. Call when all trainers are done. */
  async root(): Promise<string | null> {
    await this.#until(() => this.#isSealedByAll, SEAL_MS)
    await this.#until(() => this.#pinned !== undefined, PIN_MS)
    return this.#pinned?.root ?? null
  }

  get #isSealedByAll(): boolean {
    const alive = this.#trainers.filter(({ isKilled }) => !isKilled)
    return (
      this.#pinned?.sealedBy === alive.length && alive.every((trainer) => this.#sealedBy.get(trainer) === alive.length)
    )
  }

  async #until(isSo: () => boolean, ms: number): Promise<void> {
    const { promise: changed, resolve } = Promise.withResolvers<void>()
    this.#onChange = () => {
      if (isSo()) resolve()
    }
    this.#onChange()
    await Promise.race([changed, sleep(ms, undefined, { ref: false })])
  }
}
