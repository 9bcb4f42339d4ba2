/** `npm run crash -- --kills 200 --seed 1 --json`: kills peers of a real run with SIGKILL, and looks at what is left. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { printResult } from '../../print-result.ts'
import { type CampaignResult, crashCampaign } from './campaign.ts'

/** The setting. */
const PEERS = 5

const program = new Command('crash')
  .description('kill peers of a real run at random instants, and check what they leave and how they come back')
  .option('--kills <n>', 'how many', '200')
  .option('--seed <s>', 'decides who is killed, and when', '1')
  .option('--local-steps <h>', 'steps in a round: how long rounds are', '600')
  .option('--keep', 'leave the homes where they are')
  .option('--json', 'print one JSON document on stdout')

interface Options {
  readonly kills: string
  readonly seed: string
  readonly localSteps: string
  readonly keep?: boolean
  readonly json?: boolean
}

program.action(async ({ kills, seed, localSteps, keep, json }: Options) => {
  const folder = await mkdtemp(join(tmpdir(), 'starling-crash-'))
  try {
    const result = await crashCampaign({
      folder,
      peers: PEERS,
      kills: Number(kills),
      seed: Number(seed),
      localSteps: Number(localSteps),
      onKill: ({ peer, how, during, mixedIn, lost }, number) =>
        process.stderr.write(
          `${number}: peer ${peer}, ${how}, ${during.join(' and ')}; mixed in round ${mixedIn}, lost ${lost}\n`
        )
    })
    printResult(json, result, describe(result))
    if (result.violations.length > 0) process.exitCode = 1
  } finally {
    if (keep === true) process.stderr.write(`homes are in ${folder}\n`)
    else await rm(folder, { recursive: true, force: true })
  }
})

function describe({
  kills,
  hits,
  headers,
  deltasReplayed,
  checkpointsRead,
  mixedIn,
  lost,
  violations
}: CampaignResult) {
  const during = Object.entries(hits).map(([name, count]) => `${name} ${count}`)
  return [
    `${kills} kills during ${during.join(', ')}`,
    `${headers} headers, ${deltasReplayed} stored deltas replayed, ${checkpointsRead} pinned checkpoints read`,
    `mixed again in round ${mixedIn} at the latest, lost ${lost} rounds at most`,
    violations.length === 0 ? 'nothing is wrong' : violations.join('\n')
  ].join('\n')
}

await program.parseAsync()
