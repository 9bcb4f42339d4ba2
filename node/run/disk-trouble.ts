import { freeDisk } from '../limits/index.ts'

const NO_ROOM_CODES: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EFBIG', 'ERR_NO_ROOM'])

/** LevelDB names the system's error in words alone. */
const NO_ROOM_WORDS = /no space left on device|disk quota exceeded|file too large/i

export interface DiskTroubleInit {
  readonly home: string
  readonly onNotice: (message: string) => void
}

/** Tells the owner about a full disk once, and once that it has room again; other failures each time. */
export class DiskTrouble {
  readonly #init: DiskTroubleInit
  /** What found no room, and has not been stored since. */
  readonly #failing = new Set<string>()

  constructor(init: DiskTroubleInit) {
    this.#init = init
  }

  failed(what: string, error: Error): void {
    const { home, onNotice } = this.#init
    if (!isNoRoom(error)) {
      onNotice(`${what}: ${error.message}`)
      return
    }
    if (this.#failing.size === 0) {
      onNotice(`no room left at ${home}: the run goes on, and nothing is stored until there is room again`)
    }
    this.#failing.add(what)
  }

  stored(what: string): void {
    if (!this.#failing.delete(what) || this.#failing.size > 0) return
    this.#init.onNotice(`there is room again at ${this.#init.home}: storing goes on`)
  }
}

/** Whether an error, or what caused it, says that the disk or the owner's share of it is full. */
export function isNoRoom(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { code, message, cause } = error as NodeJS.ErrnoException & { cause?: unknown }
  return NO_ROOM_CODES.has(code ?? '') || NO_ROOM_WORDS.test(message) || isNoRoom(cause)
}

/** What is to be stored would not fit. */
class NoRoomError extends Error {
  override readonly name = 'NoRoomError'
  readonly code = 'ERR_NO_ROOM'

  constructor(bytes: number, free: number, folder: string) {
    super(`${bytes} bytes to store, ${free} are free at ${folder}: make room there`)
  }
}

/**
 * Throws NoRoomError before a file is begun that would not fit: its first blocks would take the last room for nothing.
 */
export async function requireFree(folder: string, bytes: number): Promise<void> {
  const free = await freeDisk(folder)
  if (bytes > free) throw new NoRoomError(bytes, free, folder)
}

/** The copy that the next start would go on from is not on the disk. */
export class CopyNotSavedError extends Error {
  override readonly name = 'CopyNotSavedError'
  readonly code = 'ERR_COPY_NOT_SAVED'

  constructor(round: number, home: string, cause: unknown) {
    const why = isNoRoom(cause) ? `no room left at ${home}` : (cause as Error).message
    super(
      `the copy of round ${round} is not saved (${why}): make room there and join again, the peer then goes on from an ` +
        "older copy or its neighbours' mean",
      { cause }
    )
  }
}
