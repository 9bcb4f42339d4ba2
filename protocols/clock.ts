/** Time as a peer sees it. Injected, so that the simulator and the tests run peers on a virtual clock. */
export interface Clock {
  /** Milliseconds on a monotonic clock with an arbitrary origin: the only one that decides anything. */
  now(): number
  /** Milliseconds since 1970 for records that people read; may be wrong and may jump. */
  wallNow(): number
  /** Calls back once after `ms` milliseconds unless the returned function is called first. */
  after(ms: number, callback: () => void): () => void
}

/** The process's own clock. */
export const systemClock: Clock = {
  now: () => performance.now(),
  wallNow: () => Date.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms)
    return () => clearTimeout(timer)
  }
}
