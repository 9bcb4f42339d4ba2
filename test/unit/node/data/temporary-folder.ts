import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestContext } from 'node:test'

/** A folder of the test's own, removed after it. */
export async function temporaryFolder(t: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-data-'))
  t.after(() => rm(folder, { recursive: true }))
  return folder
}

/** A file in a folder of the test's own; its path. */
export async function temporaryFile(t: TestContext, name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryFolder(t), name)
  await writeFile(path, content)
  return path
}
