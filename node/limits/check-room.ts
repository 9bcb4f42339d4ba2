import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Room } from './require-room.ts'

/** Throws NotEnoughMemoryError or NotEnoughDiskError, or only warns where the owner wants it tried anyway. */
export async function checkRoom(room: Room, isForced: boolean, warn: (message: string) => void): Promise<void> {
  const { NotEnoughDiskError, NotEnoughMemoryError, requireRoom } = await import('./require-room.ts')
  try {
    await requireRoom(room)
  } catch (error) {
    const isRefusal = error instanceof NotEnoughDiskError || error instanceof NotEnoughMemoryError
    if (!isForced || !isRefusal) throw error
    warn(error.message)
  }
}

/** Bytes of files, and of all that is in folders. */
export async function bytesOf(paths: readonly string[]): Promise<number> {
  let bytes = 0
  for (const path of paths) {
    const stats = await stat(path)
    if (!stats.isDirectory()) bytes += stats.size
    else bytes += await bytesOf((await readdir(path)).map((name) => join(path, name)))
  }
  return bytes
}
