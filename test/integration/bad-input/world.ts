import { access, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { runJson, type Starling, start } from '../starling.ts'
import { LABEL, writeBlobs } from '../tables.ts'
import { type Owner, temporaryFolder } from '../temporary-folder.ts'

/** What all bad input is tried on: files, a run of four rounds, and a pinner that serves it. */
export interface World {
  readonly folder: string
  readonly invite: string
  readonly run: string
  readonly pinner: Starling
  readonly pinnerHome: string
  /** Path of a file. */
  path(name: string): string
  write(name: string, content: string | Uint8Array): Promise<string>
}

/** A small run, quick to train. */
export const PLAN = [
  ...['--label', LABEL, '--model', 'linear', '--rounds', '4', '--local-steps', '2', '--checkpoint-every', '2'],
  ...['--listen', '/ip4/127.0.0.1/tcp/0', '--yes']
]

/** Trains alone and ends at once. */
export const ALONE = ['--wait-for-links', '0', '--linger-seconds', '0', '--listen', '/ip4/127.0.0.1/tcp/0']

export async function createWorld(suite: Owner): Promise<World> {
  const folder = await temporaryFolder(suite)
  const path = (name: string) => join(folder, name)
  const write = async (name: string, content: string | Uint8Array) => {
    await writeFile(path(name), content)
    return path(name)
  }
  await writeBlobs(path('good.csv'), 60, 1)
  const pinnerHome = path('pinner')
  const created = await runJson(suite, 'create', '--home', pinnerHome, '--data', path('good.csv'), ...PLAN)
  const { invite, run } = z.object({ invite: z.string(), run: z.string() }).parse(created)
  const pinner = start(suite, 'start', invite, '--home', pinnerHome)
  await pinner.says('following run')
  return { folder, invite, run, pinner, pinnerHome, path, write }
}

export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}

/** How often a home has played a round. */
export async function roundsIn(home: string): Promise<number> {
  const text = await readFile(join(home, 'events.jsonl'), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line.includes('"round":')).length
}
