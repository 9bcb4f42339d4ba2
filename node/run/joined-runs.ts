import { readdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { type Home, makeFolder, writeFileAtomic } from '../../storage/index.ts'
import { trainingRequest } from '../control/run-request.ts'
import { fingerprintOf } from '../data/index.ts'

const FOLDER = 'joined'

const joinedRun = z.object({
  v: z.literal(1),
  run: z.string(),
  name: z.string(),
  /** Milliseconds since 1970. */
  joinedAt: z.number(),
  /** What `join` was asked for, invite included. */
  request: trainingRequest,
  /** SHA-256 of the rows that were trained on, in hex. */
  fingerprint: z.string(),
  /** Bytes a second, where uploads are limited. */
  maxUpload: z.exactOptional(z.number().positive())
})

/** A run that this home trains in and has neither ended nor left: all that `join` needs to go on with it. */
export type JoinedRun = z.infer<typeof joinedRun>

/**
 * Writes down what a run was joined with, one file a run under `joined/` in the home. Rows that come through a pipe
 * cannot be read again, so a run with them is not remembered.
 */
export async function rememberJoin(home: Home, joined: Omit<JoinedRun, 'v' | 'fingerprint'>): Promise<void> {
  const { force: _, ...request } = joined.request // A word for one time.
  const fingerprint = await fingerprintOf(request.data)
  if (fingerprint === undefined) return
  const line = { ...joined, v: 1, request, fingerprint }
  await makeFolder(home.path(FOLDER))
  await writeFileAtomic(pathOf(home.dir, joined.run), [Buffer.from(`${JSON.stringify(line, null, 2)}\n`)], {
    mode: 0o600 // The invite of a closed run lets whoever reads it in.
  })
}

/** A run that has ended, or that was left, is not gone on with. */
export async function forgetJoin(home: Pick<Home, 'dir'>, run: string): Promise<void> {
  await rm(pathOf(home.dir, run), { force: true })
}

/** The runs that a home can go on with, the one joined last first; a damaged file counts as none. The home may be in use. */
export async function joinedRuns(dir: string): Promise<JoinedRun[]> {
  const names = await readdir(join(dir, FOLDER)).catch(() => [])
  const found = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readJoined(join(dir, FOLDER, name)))
  )
  return found.flatMap((joined) => joined ?? []).sort((a, b) => b.joinedAt - a.joinedAt)
}

/** What a file under `joined/` says; undefined when it is damaged. */
export function parseJoinedRun(text: string): JoinedRun | undefined {
  try {
    return joinedRun.safeParse(JSON.parse(text)).data
  } catch {
    return undefined
  }
}

async function readJoined(path: string): Promise<JoinedRun | undefined> {
  return parseJoinedRun(await readFile(path, 'utf8').catch(() => ''))
}

function pathOf(dir: string, run: string): string {
  return join(dir, FOLDER, `${run}.json`)
}
