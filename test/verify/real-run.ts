/** A real run over the command line: a pinner that made it, and so many trainers, each a process with a home of its own. */
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { inspectBlocks } from '../../storage/index.ts'
import { createInvitedRun } from '../integration/invited-run.ts'
import { runJson, start } from '../integration/starling.ts'
import { writeBlobs } from '../integration/tables.ts'
import type { Owner } from '../integration/temporary-folder.ts'
import { type ProvenBlocks, provenBlocks } from './proven-blocks.ts'

export interface EndedRun {
  readonly id: string
  /** The pinner's home first. */
  readonly homes: readonly string[]
  /** What each trainer takes for the run's last checkpoint. */
  readonly last: readonly (string | null)[]
  readonly pinnerSaid: string
}

export async function playRun(t: Owner, folder: string, trainers: number, ...plan: string[]): Promise<EndedRun> {
  const { invite, home } = await createInvitedRun(t, folder, '--proof', 'snapshots', ...plan)
  const pinner = start(t, 'start', invite, '--home', home)
  await pinner.says('following run')
  const homes = Array.from({ length: trainers }, (_, i) => join(folder, `trainer-${i + 1}`))
  const reports = await Promise.all(
    homes.map(async (own, i) => {
      const data = await writeBlobs(join(folder, `rows-${i + 1}.csv`), 60, 100 + i)
      const words = ['--home', own, '--data', data, '--listen', '/ip4/127.0.0.1/tcp/0', '--linger-seconds', '90']
      return (await runJson(t, 'join', invite, ...words)) as { run: string; checkpoint: string | null }
    })
  )
  await pinner.says('sealed over')
  pinner.kill('SIGINT')
  const { stderr } = await pinner.finished
  return {
    id: reports[0]!.run,
    homes: [home, ...homes],
    last: reports.map(({ checkpoint }) => checkpoint),
    pinnerSaid: stderr
  }
}

export interface KeptProof {
  readonly root: CID
  readonly blocks: ProvenBlocks
}

/** Every checkpoint that some home keeps, once, with the blocks that it links and no other. */
export async function keptCheckpoints(t: Owner, homes: readonly string[]): Promise<KeptProof[]> {
  const found = new Map<string, KeptProof>()
  for (const home of homes) {
    const kept = (await runJson(t, 'checkpoints', '--home', home)) as { root: string }[]
    for (const { root } of kept) {
      if (found.has(root)) continue
      const cid = CID.parse(root)
      found.set(root, { root: cid, blocks: await provenBlocks(inspectBlocks(home), cid) })
    }
  }
  return [...found.values()]
}
