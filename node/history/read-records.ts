import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { RECORDS_FILE, type RecordLine } from '../run/record-log.ts'

const line = z.object({
  t: z.number(),
  run: z.string(),
  kind: z.enum(['delta', 'checkpoint', 'seal', 'equivocation']),
  bytes: z.base64()
})

/**
 * The signed records that a home has kept of a run, oldest first, whether or not its peer runs. A line that is damaged, as
 * the last one after a power cut, is left out.
 */
export async function* readRecords(dir: string, run?: string): AsyncGenerator<RecordLine> {
  const handle = await open(join(dir, RECORDS_FILE)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
  if (handle === undefined) return
  for await (const text of handle.readLines()) {
    const record = line.safeParse(jsonOf(text))
    if (record.success && (run === undefined || record.data.run === run)) yield record.data
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
