import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { availableMemory } from './available-memory.ts'

/** The memory that a peer would take is not there. */
export class NotEnoughMemoryError extends Error {
  override readonly name = 'NotEnoughMemoryError'
  readonly code = 'ERR_NOT_ENOUGH_MEMORY'

  constructor(what: string, needBytes: number, availableBytes: number) {
    super(
      `${what} takes about ${size(needBytes)} of memory, ${size(availableBytes)} are available: create the run with a ` +
        'smaller --model or --k, give fewer rows, end other programs, or try it anyway with --force'
    )
  }
}

/** The space that a home would take is not there. */
export class NotEnoughDiskError extends Error {
  override readonly name = 'NotEnoughDiskError'
  readonly code = 'ERR_NOT_ENOUGH_DISK'

  /** `needBytes`: undefined when only known to be more than there is. */
  constructor(what: string, needBytes: number | undefined, freeBytes: number, home: string) {
    super(
      needBytes === undefined
        ? `${what} takes more than the ${size(freeBytes)} of disk that are free at ${home}: make room there`
        : `${what} takes about ${size(needBytes)} of disk, ${size(freeBytes)} are free at ${home}: make room, choose ` +
            'another --home or a smaller --model, or try it anyway with --force'
    )
  }
}

export interface Room {
  /** What would take it, for the sentence. */
  readonly what: string
  readonly memoryBytes: number
  readonly diskBytes: number
  /** The peer's directory; need not exist. */
  readonly home: string
}

/** Throws NotEnoughMemoryError, NotEnoughDiskError: before anything large is allocated, fetched or written. */
export async function requireRoom({ what, memoryBytes, diskBytes, home }: Room): Promise<void> {
  // What this process holds already is a part of what it needs.
  const available = (await availableMemory()) + process.memoryUsage.rss()
  if (memoryBytes > available) throw new NotEnoughMemoryError(what, memoryBytes, available)
  const free = await freeDisk(home)
  if (diskBytes > free) throw new NotEnoughDiskError(what, diskBytes, free, home)
}

/** Bytes that this user may still write to where a folder is or would be made. */
export async function freeDisk(folder: string): Promise<number> {
  for (let path = resolve(folder); ; path = dirname(path)) {
    try {
      const { bavail, bsize } = await statfs(path)
      return bavail * bsize
    } catch (error) {
      const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT'
      if (!isMissing || dirname(path) === path) throw error
    }
  }
}

function size(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(1)} GB` : `${Math.ceil(bytes / 1e6)} MB`
}
