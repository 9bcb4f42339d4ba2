import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after } from 'node:test'
import { atEnd } from '../at-end.ts'

/** A test, or whatever else knows when it is over. */
export interface Owner {
  after(cleanUp: () => Promise<void>): void
}

/** Owner of what the tests of a suite share: called in its `describe`, over when its last test is. */
export function suiteOwner(): Owner {
  const cleanUps = new AsyncDisposableStack()
  after(() => cleanUps.disposeAsync())
  return { after: (cleanUp) => cleanUps.defer(cleanUp) }
}

/** A folder that is gone when the test is over. */
export async function temporaryFolder(t: Owner): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-test-'))
  atEnd(t, () => rm(folder, { recursive: true, force: true }))
  return folder
}
