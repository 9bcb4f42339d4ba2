import type { Command } from 'commander'
import type { RunPlan } from '../run/run-plan.ts'
import { UsageError } from './exit.ts'
import { codec, MODEL_FORMS, positive, whole } from './options.ts'
import { addPersonalOptions, type PersonalOptions } from './personal-options.ts'
import {
  addMixingOptions,
  learningRateOption,
  type MixingOptions,
  momentumOption,
  optimiserOption,
  type TrainingOptions,
  taskOption
} from './training-options.ts'

/** What `demo` and `simulate` both ask about the run that they set up from scratch. */
export interface RunOptions extends TrainingOptions, MixingOptions, PersonalOptions {
  readonly peers?: number
  readonly data: string[]
  readonly label?: string
  readonly test?: string
  readonly alpha: number
  readonly rounds: number
  readonly model: string
  readonly localSteps: number
  readonly batch: number
  readonly codec: RunPlan['codec']
  readonly seed: number
}

/** Adds those options to a verb that has at most `maxPeers` peers, and `peers` of them unless told otherwise. */
export function addRunOptions(command: Command, { peers, maxPeers }: { peers: number; maxPeers: number }): Command {
  command
    .option('--peers <n>', `number of trainers (default: ${peers}, or one for each file)`, whole(1, maxPeers))
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
    .option('--seed <s>', 'decides splits, weights and orders', whole(0, 0xffff_ffff / 1000), 1)
  return addPersonalOptions(addMixingOptions(command))
}

/** How many peers these options ask for. Throws UsageError where their number contradicts that of the files. */
export function peerCount({ peers, data }: Pick<RunOptions, 'peers' | 'data'>, unlessTold: number): number {
  if (data.length === 1) return peers ?? unlessTold
  if (peers !== undefined && peers !== data.length) {
    throw new UsageError(
      `--peers ${peers} with ${data.length} files: several files are one peer each, leave --peers out`
    )
  }
  return data.length
}
