import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'
import { type Home, openHome } from '../../../storage/index.ts'
import { atEnd } from '../../at-end.ts'

/** A folder that goes when the test ends. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'starling-test-'))
  atEnd(t, () => rm(dir, { recursive: true, force: true }))
  return dir
}

/** A home that goes when the test ends. */
export async function temporaryHome(t: TestContext): Promise<Home> {
  return openHome(await temporaryFolder(t), { create: true })
}
