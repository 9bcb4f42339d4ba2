/** What `simulate` takes on the command line, and what the sets of options in the file of a study take. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import { ATTACK_NAMES } from '../simulate/attacks/attack-names.ts'
import type { BaselineName, SimulationOptions, Variant } from '../simulate/index.ts'
import { UsageError } from './exit.ts'
import { positive, whole } from './options.ts'
import { requireOnePersonalisation } from './personal-options.ts'
import { addRunOptions, peerCount, type RunOptions } from './run-options.ts'
import { requireConsistent } from './training-options.ts'

/** Unless told otherwise: the reference of ALGORITHMS 8. */
export const PEERS = 16

/** Each has a model, a trainer and a dozen copies in this one process. */
const MAX_TRAINING_PEERS = 1024

/** With `--consensus` (issue 5). */
const MAX_PEERS = 65_536

/** Names of `baselines/`, which is not loaded for the help. */
const BASELINES: readonly (BaselineName | 'no-momentum')[] = ['local', 'fedavg', 'diloco', 'ring-d-psgd', 'no-momentum']

/** Attackers unless told otherwise (issue 5). */
const ATTACKERS_SHARE = 0.2

/** As the command line has them: a simulation's, with what follows from others still open. */
export interface ScenarioOptions
  extends Omit<RunOptions, 'data'>,
    Omit<SimulationOptions, 'peers' | 'averaging' | 'data'> {
  readonly data: string[]
  readonly mixingMomentum?: number
  readonly baseline?: BaselineName | 'no-momentum'
}

/** Adds the options that make one simulation. */
export function addScenarioOptions(command: Command): Command {
  return addRunOptions(command, { peers: PEERS, maxPeers: MAX_PEERS })
    .option('--local-epochs <e>', 'instead of --local-steps: times through the own rows', positive(0, 1000))
    .option('--topology <name>', 'links at the beginning: ring, complete, regular:4 … (default: regular with --k)')
    .option('--delay <f>', 'one way over a link, in training times of a round', number(0, 1000), 0.1)
    .option('--speeds <low-high>', 'training times of the peers, uniform between these', pair(0.01, 1000), [1, 1.3])
    .option('--stragglers <share>', 'of the peers, slower than that by a factor, such as 0.2x4', stragglers)
    .option('--bandwidth <bytes>', 'of an uplink in a second, of which ten training times make one', positive(0, 1e12))
    .option('--loss <share>', 'deltas, requests and answers that are lost', share, 0)
    .option('--churn <share>', 'peers that crash after a round, with new ones in their place', share)
    .option('--churn-rounds <n>', 'for so many rounds, from the first on', whole(1), 5)
    .option('--churn-away <rounds>', 'instead they leave, and come back then with what they saved', whole(1))
    .option('--late <n>', 'peers that join late', whole(1, MAX_PEERS))
    .option('--late-at <round>', 'after which round (default: half of them)', whole(1))
    .option('--partition <from-to>', 'rounds between which two halves do not hear each other', partition)
    .option('--no-repair', 'control: adds deltas to whatever copy is held')
    .addOption(choice('--wait <whom>', 'for which links; half and none are controls', ['all', 'half', 'none'], 'all'))
    .addOption(
      new Option('--attack <name>', 'what some peers do instead of taking part honestly').choices(ATTACK_NAMES)
    )
    .option('--attackers <n>', 'how many do, or a share below 1 (default: 0.2)', attackers)
    .option('--mixing-momentum <mu>', 'instead of what create settles; 0 for none', share)
    .addOption(new Option('--baseline <name>', 'another rule in lock-step instead').choices(BASELINES))
    .addOption(choice('--engine <name>', 'what computes; cpu gives the same bytes anywhere', ['wasm', 'cpu'], 'wasm'))
}

/** What a simulation makes of these options. Throws UsageError where they contradict each other. */
export function toVariant(label: string, options: ScenarioOptions): Variant {
  requireConsistent(options)
  requireOnePersonalisation(options)
  requireFlock(options)
  const peers = peerCount(options, PEERS)
  requirePossible(options, peers)
  const { mixingMomentum, baseline, lateAt = Math.ceil(options.rounds / 2), ...rest } = options
  const averaging = momentumOf(baseline === 'no-momentum' ? 0 : mixingMomentum)
  return {
    label,
    options: { ...rest, peers, lateAt, averaging, ...attackersOf(options, peers) },
    ...(baseline === undefined || baseline === 'no-momentum' ? {} : { baseline })
  }
}

/** Baselines play with the one model that they are named after. */
function requireFlock({ baseline, personalise, localLayers }: ScenarioOptions): void {
  if (baseline === undefined || baseline === 'no-momentum') return
  const option = personalise === undefined ? '--local-layers' : '--personalise'
  if (personalise === undefined && localLayers === undefined) return
  throw new UsageError(`--baseline ${baseline} is not for ${option}: it has one model for all`)
}

type Averaging = NonNullable<SimulationOptions['averaging']>

/** With the share of the newest step that `create` settles (ALGORITHMS 1). */
function momentumOf(mu: number | undefined): Averaging {
  if (mu === undefined) return {}
  return { momentum: mu === 0 ? { rule: 'none', mu, kappa: 0 } : { rule: 'quasi-global', mu, kappa: 0.5 } }
}

/** A share becomes a number of peers, one at least. */
function attackersOf({ attack, attackers = ATTACKERS_SHARE }: ScenarioOptions, peers: number) {
  if (attack === undefined) return {}
  return { attackers: attackers < 1 ? Math.max(1, Math.round(attackers * peers)) : attackers }
}

function requirePossible(options: ScenarioOptions, peers: number): void {
  if (peers > MAX_TRAINING_PEERS) {
    throw new UsageError(
      `--peers ${peers} is more than the ${MAX_TRAINING_PEERS} that can train here: --consensus has no such limit`
    )
  }
  const { late = 0, lateAt, partition, rounds, attack, attackers, baseline } = options
  if (attackers !== undefined && attack === undefined) {
    throw new UsageError('--attackers says how many, --attack what they do: give both')
  }
  if (attackers !== undefined && attackers >= peers) {
    throw new UsageError(`--attackers ${attackers} of ${peers} peers leaves nobody to measure: at most ${peers - 1}`)
  }
  if (attack !== undefined && baseline !== undefined && baseline !== 'no-momentum') {
    throw new UsageError(`--attack ${attack} needs peers, --baseline ${baseline} has none: leave one of them out`)
  }
  if (late >= peers)
    throw new UsageError(`--late ${late} of ${peers} peers leaves nobody to join: at most ${peers - 1}`)
  if (lateAt !== undefined && late === 0) throw new UsageError('--late-at says when, --late how many: give both')
  if (lateAt !== undefined && lateAt >= rounds) {
    throw new UsageError(`--late-at ${lateAt} is not before the last of ${rounds} rounds`)
  }
  if (partition !== undefined && partition.to > rounds) {
    throw new UsageError(`--partition ${partition.from}-${partition.to} ends after the last of ${rounds} rounds`)
  }
}

function choice(flags: string, description: string, names: readonly string[], usual: string): Option {
  return new Option(flags, description).choices(names).default(usual)
}

function number(least: number, most: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (text.trim() === '' || !(value >= least && value <= most)) {
      throw new InvalidArgumentError(`must be a number from ${least} to ${most}.`)
    }
    return value
  }
}

function share(text: string): number {
  const value = Number(text)
  if (text.trim() === '' || !(value >= 0 && value < 1)) {
    throw new InvalidArgumentError('must be a number from 0 up to, but not including, 1.')
  }
  return value
}

/** Parses `4`, or `0.2` for a share. */
function attackers(text: string): number {
  const value = Number(text)
  if (!(value > 0 && (value < 1 || Number.isInteger(value)))) {
    throw new InvalidArgumentError('must be a whole number of peers, or a share between 0 and 1.')
  }
  return value
}

type Pair = readonly [low: number, high: number]

/** Parses `1-4`. */
function pair(least: number, most: number): (text: string) => Pair {
  return (text) => {
    const [, low, high] = /^([\d.]+)-([\d.]+)$/.exec(text.trim()) ?? []
    const [from, to] = [Number(low), Number(high)]
    if (!(from >= least && to >= from && to <= most)) {
      throw new InvalidArgumentError(`must be a range such as 1-4, between ${least} and ${most}.`)
    }
    return [from, to]
  }
}

function partition(text: string): NonNullable<SimulationOptions['partition']> {
  const [from, to] = pair(1, 1e7)(text)
  return { from, to }
}

/** Parses `0.2x4`. */
function stragglers(text: string): NonNullable<SimulationOptions['stragglers']> {
  const [part, factor] = text.split('x')
  const parsed = { share: Number(part), factor: Number(factor) }
  if (!(parsed.share >= 0 && parsed.share <= 1 && parsed.factor >= 1 && parsed.factor <= 1000)) {
    throw new InvalidArgumentError('must be a share and a factor such as 0.2x4, up to 1x1000.')
  }
  return parsed
}
