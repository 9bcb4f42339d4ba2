import { closeSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs'
import { join } from 'node:path'

/** Weeks of a peer that says something every five seconds. */
export const MAX_LOG_BYTES = 10 * 1024 * 1024

const OWNER_ONLY = 0o600

/** Where a peer's log lines are kept in its home. */
export function logPath(home: string): string {
  return join(home, 'peer.log')
}

/** The log before the newest one. */
export function olderLogPath(home: string): string {
  return `${logPath(home)}.1`
}

/**
 * Keeps log lines in a home: two files of bounded size, the older one replaced when the newer is full. Written at once,
 * so that the last words of a process that is killed are there.
 */
export class LogFile {
  readonly #home: string
  readonly #maxBytes: number
  #file: number
  #bytes: number

  constructor(home: string, maxBytes: number = MAX_LOG_BYTES) {
    this.#home = home
    this.#maxBytes = maxBytes
    this.#file = openSync(logPath(home), 'a', OWNER_ONLY)
    this.#bytes = fstatSync(this.#file).size
  }

  /** A full disk costs log lines, not the run. */
  write(line: string): void {
    try {
      if (this.#bytes + line.length > this.#maxBytes) this.#rotate()
      this.#bytes += writeSync(this.#file, line)
    } catch {
      // Nowhere to say so but on the terminal, where the line is already.
    }
  }

  close(): void {
    closeSync(this.#file)
  }

  #rotate(): void {
    renameSync(logPath(this.#home), olderLogPath(this.#home))
    closeSync(this.#file)
    this.#file = openSync(logPath(this.#home), 'a', OWNER_ONLY)
    this.#bytes = 0
  }
}
