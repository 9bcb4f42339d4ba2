import type { Command } from 'commander'
import { ExitError, INTERRUPTED, interruptSignal, UsageError } from './exit.ts'
import { codec, MODEL_FORMS, positive, whole } from './options.ts'
import {
  learningRateOption,
  momentumOption,
  optimiserOption,
  requireConsistent,
  type TrainingOptions,
  taskOption
} from './training-options.ts'

interface DemoOptions extends TrainingOptions {
  readonly peers?: number
  readonly data: string[]
  readonly label?: string
  readonly test?: string
  readonly alpha: number
  readonly rounds: number
  readonly model: string
  readonly localSteps: number
  readonly batch: number
  readonly codec: 'f32' | 'f16' | 'int8' | 'int4'
  readonly k: number
  readonly seed: number
  readonly kill: number
  readonly home?: string
  readonly keep?: boolean
  readonly json?: boolean
}

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
  program
    .command('demo')
    .description('train one model with real peer processes on this machine, and compare')
    .option('--peers <n>', 'number of trainers (default: 5, or one for each file)', whole(1, 64))
    .option('--data <names...>', 'digits, wdbc, or files or folders of images (several: one peer each)', ['digits'])
    .option('--label <column>', 'column to predict; images and .npz need none')
    .addOption(taskOption())
    .option('--test <file>', 'common held-out rows, never trained on (default: a fifth of the data)')
    .option('--alpha <a>', 'how unlike the peers are: Dirichlet by label, smaller is more', positive(0, 1000), 0.5)
    .option('--rounds <r>', 'training rounds; closing rounds come on top', whole(1, 10_000_000), 60)
    .option('--model <spec>', MODEL_FORMS, 'mlp:64,32')
    .option('--local-steps <h>', 'optimiser steps in a round', whole(1, 100_000), 16)
    .option('--batch <rows>', 'rows in a step', whole(1, 65_536), 32)
    .addOption(optimiserOption())
    .addOption(momentumOption())
    .addOption(learningRateOption())
    .option('--codec <name>', 'how deltas are written: int4, int8, f16 or f32', codec, 'int4')
    .option('--k <n>', 'neighbours to aim for', whole(1, 64), 6)
    .option('--seed <s>', 'decides splits, weights and orders', whole(0, 0xffff_ffff / 1000), 1)
    .option('--kill <n>', 'kill so many peers half way', whole(0, 63), 0)
    .option('--home <dir>', 'folder for the peers (default: a temporary one)')
    .option('--keep', "keep the trainers' homes too")
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(demo)
}

async function demo(options: DemoOptions): Promise<void> {
  requireConsistent(options)
  const peers = peerCount(options)
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
      if (report.checkpoint !== null) process.stdout.write(`try      ${command}\n`)
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

function peerCount({ peers, data }: DemoOptions): number {
  if (data.length === 1) return peers ?? 5
  if (peers !== undefined && peers !== data.length) {
    throw new UsageError(
      `--peers ${peers} with ${data.length} files: several files are one peer each, leave --peers out`
    )
  }
  return data.length
}
