import { type Command, InvalidArgumentError, Option } from 'commander'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { positive } from './options.ts'
import { withProgress } from './progress.ts'
import { addRunOptions, peerCount, type RunOptions } from './run-options.ts'
import { requireConsistent } from './training-options.ts'

interface SimulateOptions extends RunOptions {
  readonly engine: 'wasm' | 'cpu'
  readonly topology: 'regular' | 'ring' | 'complete'
  readonly delay: number
  readonly speeds: readonly [number, number]
  readonly loss: number
  readonly bandwidth?: number
  readonly json?: boolean
}

/** Unless told otherwise: the reference of ALGORITHMS 8. */
const PEERS = 16

/** Each has a model, a trainer and a dozen copies in this one process. */
const MAX_PEERS = 1024

const EXAMPLES = `
Examples:
  $ starling simulate --alpha 0.1                      16 peers on the digits, very unlike data
  $ starling simulate --loss 0.3                       three in ten deltas are lost
  $ starling simulate --delay 1 --speeds 1-4           links as slow as training, peers up to 4 times as slow
  $ starling simulate --engine cpu --json              the same seed gives the same bytes on any machine`

/** `starling simulate`: the code of real peers on a virtual clock. */
export function addSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description('train with many simulated peers in this process: their real code, on a virtual clock')
  addRunOptions(command, { peers: PEERS, maxPeers: MAX_PEERS })
    .option('--loss <share>', 'deltas and requests that are lost, from 0 to below 1', share, 0)
    .option('--delay <f>', 'one way over a link, in training times of a round', number(0, 1000), 0.1)
    .option('--speeds <range>', 'training time of peers, uniform in LOW-HIGH; the base is 1', speeds, [1, 1.3])
    .option(
      '--bandwidth <bytes>',
      "bytes a second of each peer's uplink; a round at speed 1 is 100 ms",
      positive(0, 1e12)
    )
    .addOption(
      new Option('--topology <name>', 'who links with whom').choices(['regular', 'ring', 'complete']).default('regular')
    )
    .addOption(new Option('--engine <name>', 'what computes').choices(['wasm', 'cpu']).default('wasm'))
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(simulate)
}

async function simulate(options: SimulateOptions): Promise<void> {
  requireConsistent(options)
  const peers = peerCount(options, PEERS)
  const { describeSimulation, runSimulation } = await import('../simulate/index.ts')
  const { signal, dispose } = interruptSignal()
  const { bandwidth, ...plan } = options
  try {
    const report = await withProgress(
      `${peers} peers`,
      (say) =>
        runSimulation(
          { ...plan, peers, ...(bandwidth === undefined ? {} : { bytesPerSecond: bandwidth }) },
          { signal, onProgress: ({ round }) => say(`${peers} peers, round ${round} of ${options.rounds}`) }
        ),
      options
    )
    process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : `${describeSimulation(report)}\n`)
  } catch (error) {
    if (signal.aborted) throw new ExitError(INTERRUPTED)
    throw error
  } finally {
    dispose()
  }
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

/** Parses `1-4`. */
function speeds(text: string): readonly [number, number] {
  const [, low, high] = /^([\d.]+)-([\d.]+)$/.exec(text.trim()) ?? []
  const range = [Number(low), Number(high)] as const
  if (!(range[0] >= 0.01 && range[1] >= range[0] && range[1] <= 1000)) {
    throw new InvalidArgumentError('must be a range such as 1-4, from at least 0.01 to at most 1000.')
  }
  return range
}
