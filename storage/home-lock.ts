import { randomBytes } from 'node:crypto'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { writeFileAtomic } from './write-file-atomic.ts'

/** A lock is created first and filled a moment later; after this long without content its writer died in between. */
const UNFILLED_LOCK_MS = 500
const POLL_MS = 25
const LOCK_FILE_MODE = 0o600

/** Another live process uses the home. */
export class HomeInUseError extends Error {
  override readonly name = 'HomeInUseError'
  readonly code = 'ERR_HOME_IN_USE'
  readonly dir: string
  readonly pid: number

  constructor(dir: string, pid: number) {
    super(`home ${dir} is in use by process ${pid}: stop that process, or choose another home`)
    this.dir = dir
    this.pid = pid
  }
}

interface Holder {
  readonly pid: number
  /** Boot and start tick of the process, where the system tells: a recycled pid differs in it. */
  readonly started: string
  /** Tells two locks of one process apart. */
  readonly token: string
}

/**
 * Takes the lock file at `path` for this process and returns the function that gives it back. A lock whose process is
 * gone is taken over.
 *
 * Process ids mean nothing across containers that share a folder; there the datastore's own lock is the last line.
 *
 * Throws HomeInUseError when the holder lives.
 */
export async function acquireHomeLock(path: string): Promise<() => Promise<void>> {
  const started = (await processStart(process.pid)) ?? ''
  const own: Holder = { pid: process.pid, started, token: randomBytes(8).toString('hex') }
  while (!(await tryCreate(path, own))) {
    const holder = await readHolder(path)
    if (holder === 'gone') continue
    if (holder !== 'unreadable' && (await isAlive(holder))) throw new HomeInUseError(dirname(path), holder.pid)
    if (await takeOver(path, holder, own)) break
  }
  return async () => {
    if (isSame(await readHolder(path), own)) await rm(path, { force: true })
  }
}

/** Id of the live process that holds the lock at `path`; undefined when none does. */
export async function lockHolder(path: string): Promise<number | undefined> {
  const holder = await readHolder(path)
  return typeof holder === 'object' && (await isAlive(holder)) ? holder.pid : undefined
}

async function tryCreate(path: string, own: Holder): Promise<boolean> {
  try {
    await writeFile(path, JSON.stringify(own), { flag: 'wx', mode: LOCK_FILE_MODE })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  return isSame(await readHolder(path), own) // not when somebody took it for abandoned before it was filled
}

/**
 * Replaces a stale lock. Of several newcomers only one may, so it takes a lock on that, named after the stale one; who
 * comes later finds the stale lock replaced. A process that dies in here leaves a second stale lock, handled likewise.
 */
async function takeOver(path: string, stale: Holder | 'unreadable', own: Holder): Promise<boolean> {
  const release = await acquireHomeLock(`${path}.${stale === 'unreadable' ? stale : stale.token}`)
  try {
    if (!isSame(await readHolder(path), stale)) return false
    await writeFileAtomic(path, new TextEncoder().encode(JSON.stringify(own)), { sync: false, mode: LOCK_FILE_MODE })
    return true
  } finally {
    await release()
  }
}

function isSame(a: Holder | 'gone' | 'unreadable', b: Holder | 'gone' | 'unreadable'): boolean {
  return typeof a === 'object' && typeof b === 'object' ? a.token === b.token : a === b
}

async function readHolder(path: string): Promise<Holder | 'gone' | 'unreadable'> {
  for (let waited = 0; waited <= UNFILLED_LOCK_MS; waited += POLL_MS) {
    try {
      const holder = parseHolder(await readFile(path, 'utf8'))
      if (holder !== undefined) return holder
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'gone'
      throw error
    }
    await delay(POLL_MS)
  }
  return 'unreadable'
}

/** Who holds a lock, as its file says; undefined when that is damaged or half-written. */
export function parseHolder(text: string): Holder | undefined {
  try {
    const { pid, started, token } = JSON.parse(text) as Partial<Holder>
    if (!Number.isSafeInteger(pid) || pid! <= 0 || typeof started !== 'string') return
    if (typeof token !== 'string' || !/^[0-9a-f]{16}$/.test(token)) return
    return { pid: pid!, started, token }
  } catch {
    return
  }
}

async function isAlive(holder: Holder): Promise<boolean> {
  try {
    process.kill(holder.pid, 0)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const started = await processStart(holder.pid)
  return started === undefined || holder.started === '' || started === holder.started
}

/** Boot id and start tick, field 22 of proc(5) `stat`; 'ended' for a zombie, undefined without /proc. */
async function processStart(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8')
    // The command, field 2, is in parentheses and may itself hold spaces and parentheses.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    // A zombie still has an id, but holds nothing; a container without an init process keeps it for ever.
    return fields[0] === 'Z' ? 'ended' : `${boot.trim()}/${fields[22 - 3]}`
  } catch {
    return
  }
}
