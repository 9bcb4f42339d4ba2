import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import type { Clock } from '../../../../protocols/clock.ts'

/** A virtual clock whose wall clock can be set, as owners and time servers do. */
export class SetClock implements Clock {
  readonly virtual = new VirtualClock()
  #offsetMs = 0

  constructor(time: string) {
    this.setWall(time)
  }

  setWall(time: string): void {
    this.#offsetMs = new Date(time).getTime() - this.virtual.wallNow()
  }

  now(): number {
    return this.virtual.now()
  }

  wallNow(): number {
    return this.virtual.wallNow() + this.#offsetMs
  }

  after(ms: number, callback: () => void): () => void {
    return this.virtual.after(ms, callback)
  }
}
