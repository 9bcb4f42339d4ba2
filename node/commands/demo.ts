import type { Command } from 'commander'
import { ExitError, INTERRUPTED, interruptSignal, UsageError } from './exit.ts'
import { whole } from './options.ts'
import { requireOnePersonalisation } from './personal-options.ts'
import { addRunOptions, peerCount, type RunOptions } from './run-options.ts'
import { requireConsistent } from './training-options.ts'

interface DemoOptions extends RunOptions {
  readonly kill: number
  readonly home?: string
  readonly keep?: boolean
  readonly record?: string
  readonly json?: boolean
}

/** Unless told otherwise. */
const PEERS = 5

const EXAMPLES = `
Examples:
  $ starling demo                                    five peers, digits
  $ starling demo --peers 10 --alpha 0.1 --kill 3    very unlike data, three peers killed half way
  $ starling demo --data wdbc --model linear         another data set and model
  $ starling demo --data birds                       a folder of images for each class
  $ starling demo --data a.csv b.csv c.csv --label outcome --test held-out.csv   one peer for each file
  $ starling demo --data flats.csv --label rent --task regression   predicts a number
  $ starling demo --json > report.json               one JSON document`

/** `starling demo`: the main job on one machine; `npm start` is this. */
export function addDemo(program: Command): void {
  const command = program
    .command('demo')
    .description('train one model with real peer processes on this machine, and compare')
  addRunOptions(command, { peers: PEERS, maxPeers: 64 })
    .option('--kill <n>', 'kill so many peers half way', whole(0, 63), 0)
    .option('--home <dir>', 'folder for the peers (default: a temporary one)')
    .option('--keep', "keep the trainers' homes too")
    .option('--record <dir>', 'record the run there, for `starling simulate --replay <dir>`')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(demo)
}

async function demo(options: DemoOptions): Promise<void> {
  requireConsistent(options)
  requireOnePersonalisation(options)
  const peers = peerCount(options, PEERS)
  if (options.kill >= peers) {
    throw new UsageError(`--kill ${options.kill} of ${peers} peers leaves nobody: kill at most ${peers - 1}`)
  }
  if (options.json !== true) {
    process.stderr.write(
      `starling demo: ${peers} peers, data ${options.data.join(' ')}, alpha ${options.alpha}, model ${options.model}, ` +
        `${options.rounds} rounds of ${options.localSteps} steps, codec ${options.codec}, seed ${options.seed}\n`
    )
  }
  const { describeReport, runDemo } = await import('../demo/index.ts')
  const { signal, dispose } = interruptSignal()
  try {
    const { report, data, pinnerHome } = await runDemo({ ...options, peers, keep: options.keep === true }, signal)
    if (options.json === true) process.stdout.write(`${JSON.stringify(report)}\n`)
    else {
      process.stdout.write(`${describeReport(report)}\n`)
      process.stdout.write(
        `\nrun      ${report.run}\nengine   ${report.engine}\ntook     ${report.seconds.toFixed(0)} s\n`
      )
      const command = `npx starling predict ${report.checkpoint} --home ${pinnerHome} --data ${data.test}`
      if (report.checkpoint !== null && options.localLayers === undefined) process.stdout.write(`try      ${command}\n`)
    }
  } catch (error) {
    if (signal.aborted) {
      process.stderr.write('starling: interrupted: all peers are stopped\n')
      throw new ExitError(INTERRUPTED)
    }
    throw error
  } finally {
    dispose()
  }
}
