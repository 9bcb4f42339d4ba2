/** The options of `create`, `demo` and `simulate` about what peers keep to themselves. */
import { type Command, InvalidArgumentError } from 'commander'
import type { RunPlan } from '../run/run-plan.ts'
import { UsageError } from './exit.ts'
import { list } from './options.ts'

export type PersonalOptions = Pick<RunPlan, 'personalise' | 'localLayers'>

/**
 * Not the .1 of ALGORITHMS 7: digits, 16 peers, `mlp:32`, 120 rounds of 8 steps, three seeds that no result is reported of.
 * Gain over the common model on rows like a peer's own, points, lambda .01, .03, .1 and .3: at Dirichlet .1 2.8, 1.5, .5 and .3; at
 * Dirichlet 1, one seed, .005 to .1: -2.3, -.3, +.2 (.02), +.2, 0.
 */
const LAMBDA = 0.02

export function addPersonalOptions(command: Command): Command {
  return command
    .option('--personalise <rule>', 'ditto, or ditto:0.1 with its pull: a model of its own for each peer too', ditto)
    .option('--local-layers <names>', 'layers that no peer shares, separated by commas', list)
}

/** Throws UsageError for options that contradict each other. */
export function requireOnePersonalisation({ personalise, localLayers }: PersonalOptions): void {
  if (personalise === undefined || localLayers === undefined) return
  throw new UsageError(
    `--personalise ${personalise.rule} is not for --local-layers ${localLayers.join(',')}: ` +
      'a run keeps a second model or some layers to its peers, not both'
  )
}

/** Parses `ditto` and `ditto:0.5`. */
function ditto(text: string): NonNullable<PersonalOptions['personalise']> {
  const [rule, pull = String(LAMBDA), ...rest] = text.split(':')
  const lambda = Number(pull)
  if (rule !== 'ditto' || pull.trim() === '' || !Number.isFinite(lambda) || rest.length > 0) {
    throw new InvalidArgumentError('must be ditto, or ditto: and a number such as ditto:0.1.')
  }
  return { rule, lambda }
}
