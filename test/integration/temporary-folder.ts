import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { atEnd } from '../at-end.ts'

/** A test, or whatever else knows when it is over. */
export interface Owner {
  after(cleanUp: () => Promise<void>): void
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(t: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-test-'))
  atEnd(t, () => rm(folder, { recursive: true, force: true }))
  return folder
}
