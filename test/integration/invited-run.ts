import { join } from 'node:path'
import { z } from 'zod'
import { runJson } from './starling.ts'
import { LABEL, writeBlobs } from './tables.ts'
import type { Owner } from './temporary-folder.ts'

const created = z.strictObject({
  run: z.string(),
  invite: z.string(),
  addresses: z.array(z.string()).min(1),
  home: z.string(),
  initialWeights: z.enum(['seed', 'shipped'])
})

export interface InvitedRun {
  readonly invite: string
  /** Home of the peer that made the run. */
  readonly home: string
  /** A table that its schema fits. */
  readonly data: string
}

/** `starling create` in a folder: a small linear run on blobs, on loopback. */
export async function createInvitedRun(t: Owner, folder: string, ...plan: string[]): Promise<InvitedRun> {
  const data = await writeBlobs(join(folder, 'rows.csv'), 90, 1)
  const args = ['--home', join(folder, 'creator'), '--data', data, '--label', LABEL, '--yes']
  const listen = ['--listen', '/ip4/127.0.0.1/tcp/0', '--model', 'linear', '--local-steps', '2']
  const { invite, home } = created.parse(await runJson(t, 'create', ...args, ...listen, ...plan))
  return { invite, home, data }
}
