import { readdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AbortOptions } from '@libp2p/interface'
import { LevelDatastore } from 'datastore-level'
import type { Key } from 'interface-datastore'
import { syncFile, syncFolder } from './write-file-atomic.ts'

/** Keys whose writes are flushed before they count as done: the list of what is kept, … */
export const COMMIT_PREFIX = '/pin/'

/** … and what clients of the pinning API asked for: a request that was taken is not forgotten. */
export const REQUEST_PREFIX = '/pin-request/'

/** LevelDB's own option, which the types of `level` leave out because browsers lack it. */
const FLUSH: object = { sync: true }

/**
 * datastore-level, with flushed writes under `/pin/` and `/pin-request/`. LevelDB's log is sequential: flushing one write makes all earlier
 * ones durable too, so a pin is the commit record of everything stored before it.
 */
export class CommitLevelDatastore extends LevelDatastore {
  override async put(key: Key, value: Uint8Array, options: AbortOptions = {}): Promise<Key> {
    if (!isCommit(key)) return super.put(key, value, options)
    options.signal?.throwIfAborted()
    await this.db.put(key.toString(), value, FLUSH)
    return key
  }

  override async delete(key: Key, options: AbortOptions = {}): Promise<void> {
    if (!isCommit(key)) return super.delete(key, options)
    options.signal?.throwIfAborted()
    await this.db.del(key.toString(), FLUSH)
  }
}

function isCommit(key: Key): boolean {
  const text = key.toString()
  return text.startsWith(COMMIT_PREFIX) || text.startsWith(REQUEST_PREFIX)
}

/**
 * Makes an empty datastore where there is none: aside, flushed, and put in its place whole. LevelDB names its first
 * manifest before that is on the disk: a cut in the first seconds left a home that did not open any more.
 */
export async function createDatastore(path: string): Promise<void> {
  if (await stat(path).catch(() => undefined)) return
  const aside = `${path}.new`
  await rm(aside, { recursive: true, force: true })
  const datastore = new LevelDatastore(aside)
  await datastore.open()
  await datastore.close()
  for (const name of await readdir(aside)) await syncFile(join(aside, name))
  await syncFolder(aside)
  await rename(aside, path)
  await syncFolder(dirname(path))
}
