import type { Clock } from '../../protocols/clock.ts'
import type { Hours } from '../limits/index.ts'

const MINUTE_MS = 60_000

/** Past the full minute: a timer may fire a little early. */
const MARGIN_MS = 50

/** Why a trainer rests: its owner said so, it is not its hour, or the way to the others costs money. */
export type RestReason = 'owner' | 'hours' | 'metered'

export interface RestsInit {
  readonly clock: Clock
  /** Times of the day to train at; always when absent. */
  readonly hours?: Hours
  /** Whether the network that is used is metered; undefined when nobody knows. Never rejects. Asked every minute. */
  readonly isMetered?: () => Promise<boolean | undefined>
  readonly onChange: (state: RestState) => void
  readonly onNotice: (message: string) => void
}

export interface RestState {
  /** No round is trained. */
  readonly isPaused: boolean
  /** No links either: what neighbours send would cost the CPU and the traffic that the owner wants back. */
  readonly isAway: boolean
}

/** When a trainer rests. Several reasons may hold at once; it goes on when none does. */
export class Rests {
  readonly #init: RestsInit
  readonly #reasons = new Set<RestReason>()
  #state: RestState = { isPaused: false, isAway: false }
  #cancelCheck: () => void = () => {}
  #isStopped = false
  #isUnknownSaid = false

  constructor(init: RestsInit) {
    this.#init = init
  }

  start(): void {
    const { hours, isMetered } = this.#init
    if (hours !== undefined || isMetered !== undefined) void this.#check()
  }

  stop(): void {
    this.#isStopped = true
    this.#cancelCheck()
  }

  hold(reason: RestReason): void {
    this.#reasons.add(reason)
    this.#apply()
  }

  release(reason: RestReason): void {
    this.#reasons.delete(reason)
    this.#apply()
  }

  /** What to add to "paused": until when, or why; undefined when nobody but the owner holds it. */
  get description(): string | undefined {
    const { hours, clock } = this.#init
    if (this.#reasons.has('hours')) return `until ${hours!.nextStart(new Date(clock.wallNow()))}`
    return this.#reasons.has('metered') ? 'while the network is metered' : undefined
  }

  /**
   * Looks at the clock on the wall every minute, rather than once at the next change: that clock may be set, jump to
   * summer time or stand still with the machine.
   */
  async #check(): Promise<void> {
    const { clock, hours, isMetered } = this.#init
    if (hours !== undefined) this.#set('hours', !hours.includes(new Date(clock.wallNow())))
    if (isMetered !== undefined) this.#noteMetered(await isMetered())
    if (this.#isStopped) return
    const rest = MINUTE_MS - (clock.wallNow() % MINUTE_MS)
    this.#cancelCheck = clock.after(rest + MARGIN_MS, () => void this.#check())
  }

  #noteMetered(metered: boolean | undefined): void {
    if (metered === undefined && !this.#isUnknownSaid) {
      this.#isUnknownSaid = true
      this.#init.onNotice('whether the network is metered cannot be told: NetworkManager does not answer')
    }
    this.#set('metered', metered === true)
  }

  #set(reason: RestReason, isHeld: boolean): void {
    if (this.#isStopped || isHeld === this.#reasons.has(reason)) return
    if (isHeld) this.hold(reason)
    else this.release(reason)
    this.#init.onNotice(isHeld ? `paused ${this.description}` : 'trains again')
  }

  #apply(): void {
    const isPaused = this.#reasons.size > 0
    const isAway = this.#reasons.has('hours') || this.#reasons.has('metered')
    if (isPaused === this.#state.isPaused && isAway === this.#state.isAway) return
    this.#state = { isPaused, isAway }
    this.#init.onChange(this.#state)
  }
}
