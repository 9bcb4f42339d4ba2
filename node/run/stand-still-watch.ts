import type { Clock } from '../../protocols/clock.ts'

/** How often this process looks whether time went by without it. */
const CHECK_MS = 5000

/** Neighbours part from a peer that they have not heard of for so long, and connections may be dead on this side only. */
const STOOD_STILL_MS = 15_000

export interface StandStillWatchInit {
  readonly clock: Clock
  /** Where this machine can be reached now. */
  readonly addresses: () => readonly string[]
  /** Called once for each time. `why` completes "links are renewed: …". */
  readonly onReturn: (why: string) => void
}

/**
 * Notices that this process stood still (a laptop that slept, a stopped process) or that its machine moved to another
 * network. Neither is anybody's fault: connections are dead on one side or both, and nobody has said so.
 *
 * A machine that sleeps may stop its monotonic clock too, so that only the wall clock tells; a stopped process has both
 * run on. A wall clock that was set forward looks the same as a sleep, and costs new connections, no more.
 */
export class StandStillWatch {
  readonly #init: StandStillWatchInit
  #now = 0
  #wallNow = 0
  #addresses = ''
  #cancel: () => void = () => {}

  constructor(init: StandStillWatchInit) {
    this.#init = init
  }

  start(): void {
    this.#look()
    this.#cancel = this.#init.clock.after(CHECK_MS, () => this.#check())
  }

  stop(): void {
    this.#cancel()
  }

  #look(): void {
    const { clock, addresses } = this.#init
    this.#now = clock.now()
    this.#wallNow = clock.wallNow()
    this.#addresses = [...addresses()].sort().join(' ')
  }

  #check(): void {
    const before = { now: this.#now, wallNow: this.#wallNow, addresses: this.#addresses }
    this.start()
    const passedMs = Math.max(this.#now - before.now, this.#wallNow - before.wallNow)
    if (passedMs - CHECK_MS > STOOD_STILL_MS) {
      this.#init.onReturn(`this peer stood still for ${Math.round(passedMs / 1000)} s`)
    } else if (this.#addresses !== before.addresses) {
      this.#init.onReturn('the addresses of this machine have changed')
    }
  }
}
