import { randomBytes } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** What can be written: bytes, or parts of them in order. */
export type FileContent = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>

export interface WriteOptions {
  /** False leaves it to the system when the bytes reach the disk. The default, true, survives a power cut. */
  readonly sync?: boolean
  /** Permission bits of a new file, before the umask. */
  readonly mode?: number
}

/**
 * Writes a file so that a reader, also one after a power cut, sees the old content or the new one and nothing between:
 * unique temporary file, fdatasync, rename, fsync of the folder. Without those syncs every recent file came back empty
 * in 8 of 8 simulated power cuts (DESIGN 6).
 *
 * The folder must exist. Throws the file system's error (ENOSPC, EACCES, …) and leaves no temporary file behind.
 */
export async function writeFileAtomic(path: string, content: FileContent, options: WriteOptions = {}): Promise<void> {
  const { sync = true, mode = 0o666 } = options
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const handle = await open(temporary, 'wx', mode)
    try {
      await handle.writeFile(content)
      if (sync) await handle.datasync()
    } finally {
      await handle.close()
    }
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  if (sync) await syncFolder(dirname(path))
}

/** True for a name that writeFileAtomic uses before its rename: a left-over of a stop in between. */
export function isTemporaryName(name: string): boolean {
  return name.startsWith('.') && name.endsWith('.tmp')
}

/** Makes a folder whose entry in its parent survives a power cut. */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  await mkdir(path, { recursive: true, ...(mode === undefined ? {} : { mode }) })
  await syncFolder(dirname(path))
}

/** Flushes a file's content. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path)
  try {
    await handle.datasync()
  } finally {
    await handle.close()
  }
}

/** Flushes a folder's entries: what was created in it, renamed into it or removed from it. */
export async function syncFolder(path: string): Promise<void> {
  // NTFS journals its folder entries, and Windows refuses to open a folder.
  if (process.platform === 'win32') return
  const handle = await open(path)
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
