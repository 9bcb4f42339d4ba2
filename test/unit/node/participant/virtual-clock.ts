import assert from 'node:assert/strict'
import type { Clock } from '../../../../protocols/clock.ts'

/** 2025-01-01T00:00:00Z */
const EPOCH_MS = 1_735_689_600_000

/** More than any test here needs: two peers that only wait for each other would go on for ever. */
const MAX_EVENTS = 200_000

interface Event {
  readonly at: number
  readonly order: number
  readonly callback: () => void
}

/**
 * Time that passes only from event to event, in order of time and then of asking. Between two events everything runs that
 * can: the code under test waits for this clock or for work in memory, never for a socket or a thread, so that each run
 * is the same.
 */
export class VirtualClock implements Clock {
  readonly #events = new Set<Event>()
  #now = 0
  #asked = 0

  now(): number {
    return this.#now
  }

  wallNow(): number {
    return EPOCH_MS + this.#now
  }

  after(ms: number, callback: () => void): () => void {
    const event = { at: this.#now + Math.max(0, ms), order: this.#asked++, callback }
    this.#events.add(event)
    return () => {
      this.#events.delete(event)
    }
  }

  /** Resolves after `ms` milliseconds of this clock. */
  sleep(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve))
  }

  /** Lets `ms` milliseconds pass. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await this.#runWhile((next) => next !== undefined && next.at <= end)
    this.#now = end
  }

  /** Lets time pass until the promise is settled. Rejects when nothing is left that could settle it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false
    const settle = () => {
      isSettled = true
    }
    promise.then(settle, settle)
    await this.#runWhile((next) => {
      if (!isSettled) assert.ok(next, `nothing is left to happen at ${this.#now} ms`)
      return !isSettled
    })
    return promise
  }

  async #runWhile(goOn: (next: Event | undefined) => boolean): Promise<void> {
    await drained()
    for (let count = 0; goOn(this.#next()); count++) {
      assert.ok(count < MAX_EVENTS, `more than ${MAX_EVENTS} events`)
      const next = this.#next()!
      this.#events.delete(next)
      this.#now = next.at
      next.callback()
      await drained()
    }
  }

  #next(): Event | undefined {
    let next: Event | undefined
    for (const event of this.#events) {
      if (next === undefined || event.at < next.at || (event.at === next.at && event.order < next.order)) next = event
    }
    return next
  }
}

/** After the event loop has turned, every promise chain that needs no I/O has run to its end. */
function drained(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}
