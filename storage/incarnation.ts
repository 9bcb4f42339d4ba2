import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Home } from './home.ts'
import { writeFileAtomic } from './write-file-atomic.ts'

/** Length of an incarnation: start time and random part, 8 bytes each (DESIGN 5). */
export const INCARNATION_BYTES = 16

/** Start time of the newest incarnation that the home has opened, in milliseconds since 1970. */
const LAST_START_FILE = 'last-start'

/**
 * A new incarnation of a home that sorts after every earlier one, whatever the clock says: neighbours take the one with
 * the later start for the newer, so a peer whose clock was set back would be ignored until it has caught up.
 */
export async function nextIncarnation(home: Home, now: number): Promise<Uint8Array> {
  const path = home.path(LAST_START_FILE)
  const last = Number(await readFile(path, 'utf8').catch(() => ''))
  const start = Math.max(Math.floor(now), Number.isSafeInteger(last) ? last + 1 : 0)
  await writeFileAtomic(path, new TextEncoder().encode(`${start}\n`))
  return newIncarnation(start)
}

/**
 * A name for this start of the process, never used before: 8 bytes start time (`now`, milliseconds since 1970, big
 * endian, so that a later start sorts after an earlier one) and 8 random bytes. A crash, a restored backup or a cloned
 * home therefore cannot use an (author, incarnation, seq) again.
 */
export function newIncarnation(now: number): Uint8Array {
  const incarnation = new Uint8Array(INCARNATION_BYTES)
  new DataView(incarnation.buffer).setBigUint64(0, BigInt(Math.floor(now)))
  incarnation.set(randomBytes(8), 8)
  return incarnation
}
