import { access, cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import { encodeWeights, type RunFiles } from '../run/run-files.ts'
import { InvalidRecordingError, RecordingExistsError } from './errors.ts'

/** What a recording's folder holds, file names relative to it. */
const plan = z.strictObject({
  v: z.literal(1),
  /** File or folder of the common held-out rows. */
  test: z.string(),
  peers: z.array(
    z.strictObject({
      name: z.string(),
      /** File or folder of the peer's own rows. */
      rows: z.string(),
      /** Lines of the peer's calls (recorded-line.ts). */
      calls: z.string()
    })
  )
})

type Plan = z.output<typeof plan>

const PLAN = 'recording.json'

/** Files of the run: its manifest block, `model.json`, and the initial weights as safetensors. */
export const RUN_PARTS = { manifest: 'manifest.cbor', model: 'model.json', initial: 'initial.safetensors' } as const

export interface NewRecording {
  readonly run: RunFiles
  /** The own rows of each peer, and the common held-out ones. */
  readonly parts: readonly string[]
  readonly test: string
}

/**
 * Makes a folder that holds everything but the calls: the run and a copy of all rows. Returns the file for the calls of
 * each peer. Throws RecordingExistsError, and the file system's errors.
 */
export async function createRecording(folder: string, { run, parts, test }: NewRecording): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  if (await exists(join(folder, PLAN))) throw new RecordingExistsError(folder)
  await writeFile(join(folder, RUN_PARTS.manifest), run.manifestBytes)
  await writeFile(join(folder, RUN_PARTS.model), run.modelJson)
  await writeFile(join(folder, RUN_PARTS.initial), encodeWeights(run.topology, run.initial))
  const peers = parts.map((part, index) => {
    const name = String(index + 1)
    return { name, rows: `rows-${name}-${basename(part)}`, calls: `peer-${name}.jsonl` }
  })
  const held: Plan = { v: 1, test: `test-${basename(test)}`, peers }
  for (const [index, { rows }] of peers.entries()) await cp(parts[index]!, join(folder, rows), { recursive: true })
  await cp(test, join(folder, held.test), { recursive: true })
  await writeFile(join(folder, PLAN), `${JSON.stringify(held, null, 2)}\n`)
  return peers.map(({ calls }) => join(folder, calls))
}

/** Reads what a folder holds, with whole paths. Throws InvalidRecordingError. */
export async function openRecording(folder: string): Promise<Omit<Plan, 'v'>> {
  const path = join(folder, PLAN)
  try {
    const { test, peers } = plan.parse(JSON.parse(await readFile(path, 'utf8')))
    const at = (name: string) => join(folder, name)
    return { test: at(test), peers: peers.map(({ name, rows, calls }) => ({ name, rows: at(rows), calls: at(calls) })) }
  } catch (error) {
    throw new InvalidRecordingError(path, (error as Error).message, error)
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
