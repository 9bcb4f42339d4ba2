/** Holds the rounds of a participant while its owner wants them held. */
export class PauseGate {
  #isPaused = false
  #onResume: () => void = () => {}

  get isPaused(): boolean {
    return this.#isPaused
  }

  /** Takes effect before the next round. */
  pause(): void {
    this.#isPaused = true
  }

  resume(): void {
    this.#isPaused = false
    this.#onResume()
  }

  /** Resolves with true after a pause, with false when there was none; also when the signal fires. */
  async passed(signal: AbortSignal): Promise<boolean> {
    let hasWaited = false
    while (this.#isPaused && !signal.aborted) {
      hasWaited = true
      await this.#resumed(signal)
    }
    return hasWaited
  }

  /** A run may be paused thousands of times on one signal: nothing of a pause stays on it. */
  #resumed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = () => {
        signal.removeEventListener('abort', finish)
        this.#onResume = () => {}
        resolve()
      }
      this.#onResume = finish
      signal.addEventListener('abort', finish)
    })
  }
}
