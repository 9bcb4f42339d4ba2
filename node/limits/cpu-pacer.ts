/** What was not used may be made good for so long: training is let go on in steps, not in a trickle. */
const BURST_MS = 500

/** What was used too much by others in this process, such as a large evaluation, is paid back for at most so long. */
const MAX_DEBT_MS = 10_000

/** A sleep is cut here, to look again: other threads of the process work on. */
const MAX_SLEEP_MS = 1000

/** After so long a slice is let through whatever the debt: a limit below what links alone need must not end training. */
const MAX_WAIT_MS = 10_000

export interface CpuPacerInit {
  /** Cores that the whole process may use on average, above 0. */
  readonly cores: number
  /** Milliseconds on a monotonic clock. */
  readonly now?: () => number
  /** CPU milliseconds that the process has used. */
  readonly usedMs?: () => number
  /** Calls back after `ms` unless the returned function is called first. */
  readonly after?: (ms: number, callback: () => void) => () => void
}

/** Holds work back so that the process stays under a share of the CPU on average. Asked between slices of the work. */
export class CpuPacer {
  readonly #init: Required<CpuPacerInit>
  #credit = 0
  #at: number
  #usedAt: number
  #isOver = false
  #wake: () => void = () => {}

  constructor({ cores, now = () => performance.now(), usedMs = processCpuMs, after = timer }: CpuPacerInit) {
    this.#init = { cores, now, usedMs, after }
    this.#at = now()
    this.#usedAt = usedMs()
  }

  /** Waits until the process is under its share again. Returns at once after `stop`. */
  async wait(): Promise<void> {
    const { now, cores, after } = this.#init
    const deadline = now() + MAX_WAIT_MS
    while (!this.#isOver && this.#update() < 0 && now() < deadline) {
      const ms = Math.min(MAX_SLEEP_MS, Math.max(1, -this.#credit / cores))
      await new Promise<void>((resolve) => {
        const cancel = after(ms, resolve)
        this.#wake = () => {
          cancel()
          resolve()
        }
      })
    }
  }

  /** Ends the limit: what is left to do is done at full speed. */
  stop(): void {
    this.#isOver = true
    this.#wake()
  }

  #update(): number {
    const { cores, now, usedMs } = this.#init
    const at = now()
    const used = usedMs()
    const credit = this.#credit + (at - this.#at) * cores - (used - this.#usedAt)
    this.#credit = Math.max(-MAX_DEBT_MS * cores, Math.min(BURST_MS * cores, credit))
    this.#at = at
    this.#usedAt = used
    return this.#credit
  }
}

function processCpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function timer(ms: number, callback: () => void): () => void {
  const timeout = setTimeout(callback, ms)
  return () => clearTimeout(timeout)
}
