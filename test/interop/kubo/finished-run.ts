import { join } from 'node:path'
import { z } from 'zod'
import { createInvitedRun } from '../../integration/invited-run.ts'
import { runJson, type Starling, start } from '../../integration/starling.ts'
import { writeBlobs } from '../../integration/tables.ts'
import { type Owner, temporaryFolder } from '../../integration/temporary-folder.ts'

const ROUNDS = 20

const status = z.looseObject({ addresses: z.array(z.string()).min(1) })
const checkpoints = z.array(z.looseObject({ root: z.string() })).min(1)

export interface FinishedRun {
  /** Of the pinner, which still runs. */
  readonly home: string
  readonly pinner: Starling
  /** Where the pinner listens, with peer id. */
  readonly address: string
  /** CID of its newest checkpoint. */
  readonly checkpoint: string
}

/** Two trainers that have played a small run to its end and are gone, and the pinner that kept what they made. */
export async function finishedRun(t: Owner): Promise<FinishedRun> {
  const folder = await temporaryFolder(t)
  const run = await createInvitedRun(t, folder, '--rounds', String(ROUNDS), '--checkpoint-every', String(ROUNDS / 2))
  const pinner = start(t, 'start', run.invite, '--home', run.home)
  await pinner.says('following run')
  const trainers = []
  for (const name of ['left', 'right']) {
    const rows = await writeBlobs(join(folder, `${name}.csv`), 60, name.length)
    const words = ['--home', join(folder, name), '--data', rows, '--listen', '/ip4/127.0.0.1/tcp/0']
    trainers.push(start(t, 'join', run.invite, ...words, '--linger-seconds', '2'))
  }
  await pinner.says('(done')
  for (const trainer of trainers) await trainer.finished
  const { addresses } = status.parse(await runJson(t, 'status', '--home', run.home))
  const [newest] = checkpoints.parse(await runJson(t, 'checkpoints', '--home', run.home))
  return { home: run.home, pinner, address: addresses[0]!, checkpoint: newest!.root }
}
