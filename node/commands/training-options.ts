/** The options of `create` and `demo` about what is learnt and how; their defaults depend on each other. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { MOMENTUM_RULES, ROBUST_RULES } from '../../protocols/averaging/index.ts'
import { DEFAULT_PLAN, type RunPlan } from '../run/run-plan.ts'
import { UsageError } from './exit.ts'
import { positive, whole } from './options.ts'

export type TrainingOptions = Pick<RunPlan, 'task' | 'optimiser' | 'momentum' | 'learningRate'>

/** How neighbours' versions are mixed. */
export type MixingOptions = Pick<RunPlan, 'k' | 'rule' | 'byzantine' | 'momentumRule'>

/** Adds what `create`, `demo` and `simulate` ask about mixing. The manifest refuses what contradicts itself. */
export function addMixingOptions(command: Command): Command {
  return command
    .option('--k <n>', 'neighbours to aim for (default: 6, with a robust rule 8)', whole(1, 64))
    .addOption(
      new Option('--rule <name>', 'how neighbours are mixed; all but mean guard against liars').choices(ROBUST_RULES)
    )
    .option('--byzantine <b>', 'neighbours that may lie (default: with a robust rule a quarter of k)', whole(0, 64))
    .addOption(
      new Option('--momentum-rule <name>', 'how rounds build on each other (default: quasi-global)').choices(
        MOMENTUM_RULES
      )
    )
}

export function taskOption(): Option {
  return new Option('--task <kind>', 'what to predict: a class, or with regression a number').choices([
    'classification',
    'regression'
  ])
}

export function optimiserOption(): Option {
  return new Option('--optimiser <name>', 'how steps are taken (default: sgd, for regression adam)').choices([
    'sgd',
    'momentum',
    'adam'
  ])
}

export function momentumOption(): Option {
  const description = 'share of the velocity that a step keeps, with --optimiser momentum (default: 0.9)'
  return new Option('--momentum <m>', description).argParser(momentum)
}

export function learningRateOption(): Option {
  const description = 'step size (default: by optimiser and task, 0.1 for sgd, 0.005 for adam)'
  return new Option('--learning-rate <rate>', description).argParser(positive(0, 100))
}

/** What checkpoints carry so that `starling verify` can derive them again. */
export function proofOption(): Option {
  const description =
    'what every checkpoint carries for `starling verify`: none, or snapshots of all the copies that it was made of; the ' +
    'last one always carries them'
  return new Option('--proof <kind>', description).choices(['none', 'snapshots']).default(DEFAULT_PLAN.proof)
}

/** Throws UsageError for options that contradict each other. */
export function requireConsistent({ optimiser, momentum }: TrainingOptions): void {
  if (optimiser === undefined || optimiser === 'momentum' || momentum === undefined || momentum === 0) return
  throw new UsageError(
    `--momentum ${momentum} is not for --optimiser ${optimiser}: leave it out, or give --optimiser momentum`
  )
}

function momentum(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError('must be a number from 0 up to, but not including, 1.')
  }
  return value
}
