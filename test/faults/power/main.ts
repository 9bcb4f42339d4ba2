/** `npm run power-cut -- --cuts 50 --seed 1 --json`: cuts the power of a peer's disk, and looks at what is left. */

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { printResult } from '../../print-result.ts'
import { type PowerCutResult, powerCutCampaign } from './campaign.ts'
import { canMount } from './disk-image.ts'

interface Options {
  readonly cuts: string
  readonly seed: string
  readonly json?: boolean
}

const program = new Command('power-cut')
  .description(
    'copy the file system of a peer at random instants, replay its journal, and check what is left (needs root)'
  )
  .option('--cuts <n>', 'how many', '50')
  .option('--seed <s>', 'decides when', '1')
  .option('--json', 'print one JSON document on stdout')
  .action(async ({ cuts, seed, json }: Options) => {
    const folder = await mkdtemp(join(tmpdir(), 'starling-power-'))
    try {
      if (!(await canMount(folder))) throw new Error('this user may not mount a file system here: run it as root')
      const onCut = (number: number, found: object) => process.stderr.write(`${number}: ${JSON.stringify(found)}\n`)
      const result = await powerCutCampaign({ folder, cuts: Number(cuts), seed: Number(seed), onCut })
      printResult(json, result, describe(result))
      if (result.violations.length > 0) process.exitCode = 1
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  })

function describe({ cuts, announced, pinsRead, torn, restarts, violations }: PowerCutResult): string {
  return [
    `${cuts} cuts, ${announced} checkpoints announced, ${pinsRead} pinned roots read, ${torn} torn blocks removed`,
    `${restarts} times a peer went on in what was left`,
    violations.length === 0 ? 'nothing is wrong' : violations.join('\n')
  ].join('\n')
}

await program.parseAsync()
