import type { Clock } from '../../protocols/clock.ts'
import { EventQueue } from './event-queue.ts'

/** 2025-01-01T00:00:00Z */
const EPOCH_MS = 1_735_689_600_000

/** What is waited for can never come: no event is left, and nothing is being computed. */
export class NothingLeftError extends Error {
  override readonly name = 'NothingLeftError'
  readonly code = 'ERR_NOTHING_LEFT'

  constructor(now: number) {
    super(`nothing is left to happen at ${now} ms of the virtual clock, yet something is waited for`)
  }
}

/**
 * Time that passes only from event to event, in order of time and then of asking. Between two events everything runs that
 * can: the code under simulation waits for this clock, for promises in memory, or for work that it told the clock of
 * (`during`), never for a socket, a timer or a thread. So the same calls in the same order lead to the same events,
 * whatever the machine does meanwhile.
 */
export class VirtualClock implements Clock {
  readonly #events = new EventQueue()
  readonly #work = new Set<Promise<unknown>>()
  #now = 0
  #asked = 0

  now(): number {
    return this.#now
  }

  wallNow(): number {
    return EPOCH_MS + this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const event = {
      at: this.#now + Math.max(0, ms),
      order: this.#asked++,
      callback: callback as typeof callback | undefined
    }
    this.#events.add(event)
    return () => {
      event.callback = undefined
    }
  }

  /** Resolves after `ms` milliseconds of this clock. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  /**
   * Work that may need turns of the real event loop: no event happens before it is settled, it takes no virtual time. It must
   * not wait for this clock, which stands still meanwhile.
   */
  async during<T>(work: Promise<T>): Promise<T> {
    this.#work.add(work)
    try {
      return await work
    } finally {
      this.#work.delete(work)
    }
  }

  /** Lets `ms` milliseconds pass. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await this.#runWhile((at) => at !== undefined && at <= end)
    this.#now = end
  }

  /**
   * Lets time pass until the promise is settled. Rejects as it does, with the signal's reason, or with NothingLeftError
   * when nothing is left that could settle it.
   */
  async until<T>(promise: Promise<T>, { signal }: { readonly signal?: AbortSignal } = {}): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    promise.then(settle, settle)
    await this.#runWhile((at) => {
      signal?.throwIfAborted()
      if (!isSettled && at === undefined) throw new NothingLeftError(this.#now)
      return !isSettled
    })
    return promise
  }

  /** `goOn` is asked before each event, with the time of that event. */
  async #runWhile(goOn: (at: number | undefined) => boolean): Promise<void> {
    await this.#quiet()
    while (goOn(this.#events.peek()?.at)) {
      const { at, callback } = this.#events.take()!
      this.#now = at
      callback!()
      await this.#quiet()
    }
  }

  /** Resolves when nothing moves any more without the next event. */
  async #quiet(): Promise<void> {
    await turn()
    while (this.#work.size > 0) {
      await Promise.allSettled(this.#work)
      await turn()
    }
  }
}

/** After the event loop has turned, every promise chain that needs no I/O has run to its end. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
