/**
 * `npm run verify-campaign -- [--peers 8] [--flips 1000] [--seed 1] [--json]`: plays a real run, verifies every checkpoint
 * that any of its peers keeps, each in a process that has its blocks alone, and flips bytes of all of them.
 */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runJson } from '../integration/starling.ts'
import { temporaryFolder } from '../integration/temporary-folder.ts'
import { assertNamed, type Flip, flipOne, seeded, tally, verify } from './flips.ts'
import { homeOfBlocks } from './only-blocks.ts'
import { keptCheckpoints, playRun } from './real-run.ts'

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '8' },
    flips: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    model: { type: 'string', default: 'mlp:32' },
    rounds: { type: 'string', default: '60' },
    json: { type: 'boolean', default: false }
  }
})

const cleanUps: (() => Promise<void>)[] = []
const owner = { after: (cleanUp: () => Promise<void>) => void cleanUps.push(cleanUp) }
const startedAt = Date.now()
try {
  const folder = await temporaryFolder(owner)
  const plan = ['--rounds', values.rounds, '--checkpoint-every', '10', '--model', values.model]
  const { homes, last } = await playRun(owner, folder, Number(values.peers), ...plan)
  const kept = await keptCheckpoints(owner, homes)
  const verdicts: string[] = []
  for (const [i, { root, blocks }] of kept.entries()) {
    const home = await homeOfBlocks(join(folder, `only-${i}`), blocks)
    const { verdict } = (await runJson(owner, 'verify', root.toString(), '--home', home)) as { verdict: string }
    verdicts.push(verdict)
  }
  const random = seeded(Number(values.seed))
  const flips: Flip[] = []
  const missed: string[] = []
  for (let i = 0; i < Number(values.flips); i++) {
    const { root, blocks } = kept[Math.floor(random() * kept.length)]!
    const flip = await flipOne(blocks, root, random)
    flips.push(flip)
    try {
      assertNamed(flip)
    } catch (error) {
      missed.push((error as Error).message)
    }
  }
  const after = await Promise.all(kept.map(async ({ root, blocks }) => (await verify(blocks, root)).verdict))
  const report = {
    peers: Number(values.peers),
    seed: Number(values.seed),
    checkpoints: kept.length,
    derived: verdicts.filter((verdict) => verdict === 'derived').length,
    derivedAfterFlips: after.filter((verdict) => verdict === 'derived').length,
    lastCheckpoints: [...new Set(last)].length,
    flips: flips.length,
    detected: flips.filter(({ report: { verdict } }) => verdict === 'wrong').length,
    named: flips.length - missed.length,
    missed,
    byPart: tally(flips),
    seconds: Math.round((Date.now() - startedAt) / 1000)
  }
  process.stdout.write(`${values.json ? JSON.stringify(report) : JSON.stringify(report, null, 2)}\n`)
  const isGood = report.derived === kept.length && report.derivedAfterFlips === kept.length && missed.length === 0
  if (!isGood || report.lastCheckpoints !== 1) process.exitCode = 1
} finally {
  for (const cleanUp of cleanUps.reverse()) await cleanUp()
}
