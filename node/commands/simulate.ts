import { access, constants, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Command } from 'commander'
import type { Curve, StudyHooks, Trace, Variant } from '../simulate/index.ts'
import { ExitError, INTERRUPTED, interruptSignal, UsageError } from './exit.ts'
import { whole } from './options.ts'
import { type Say, withProgress } from './progress.ts'
import { addScenarioOptions, type ScenarioOptions, toVariant } from './simulate-options.ts'

interface SimulateOptions extends ScenarioOptions {
  readonly consensus?: boolean
  readonly dimension?: number
  readonly config?: string
  readonly repeat?: number
  readonly trace?: string
  readonly plot?: string
  readonly replay?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling simulate --alpha 0.1                      16 peers on the digits, very unlike data
  $ starling simulate --loss 0.3 --no-repair           three in ten deltas are lost, and nobody minds the gaps
  $ starling simulate --delay 1 --speeds 1-4           links as slow as training, peers up to 4 times as slow
  $ starling simulate --rule or-cs+ --attack alie      one in five lies, and a robust rule minds
  $ starling simulate --baseline fedavg --repeat 10    a server that averages everyone, over ten seeds
  $ starling simulate --config study.jsonc --plot study.svg --json
  $ starling simulate --engine cpu --trace rounds.csv  the same seed gives the same bytes on any machine
  $ starling simulate --consensus --peers 65536        averaging only, a number a peer
  $ starling simulate --replay recording               a run of real peers again, from demo --record recording

A study: { "repeat": 10, "options": { "alpha": 0.1 }, "variants": [{ "label": "calm" }, { "label": "lossy", "loss": 0.3 }] }`

/** `starling simulate`: the code of real peers on a virtual clock. */
export function addSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description('train with many simulated peers in this process: their real code, on a virtual clock')
  addScenarioOptions(command)
    .option('--consensus', 'average without training, until V/V0 <= 1e-6')
    .option('--dimension <d>', 'numbers a peer, with --consensus (default: 1)', whole(1, 100_000_000))
    .option('--config <file>', 'a study: JSON with comments and the options of several simulations')
    .option('--repeat <n>', 'so many seeds, from --seed on; prints mean and deviation', whole(1, 10_000))
    .option('--trace <file>', 'writes a CSV with every round of every peer')
    .option('--plot <file>', 'writes an SVG of accuracy over rounds')
    .option('--replay <dir>', 'play a run again that `starling demo --record <dir>` recorded, and compare every copy')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(simulate)
}

async function simulate(options: SimulateOptions, command: Command): Promise<void> {
  const given = Object.keys(options).filter((name) => command.getOptionValueSource(name) === 'cli')
  const { signal, dispose } = interruptSignal()
  try {
    const work = options.replay !== undefined ? replayed : options.consensus === true ? consensus : study
    const { document, text } = await withProgress('starting', (say) => work(options, given, signal, say), options)
    process.stdout.write(`${options.json === true ? JSON.stringify(document) : text}\n`)
  } catch (error) {
    if (signal.aborted) throw new ExitError(INTERRUPTED)
    throw error
  } finally {
    dispose()
  }
}

interface Outcome {
  readonly document: unknown
  readonly text: string
}

async function consensus(
  options: SimulateOptions,
  given: readonly string[],
  signal: AbortSignal,
  say: Say
): Promise<Outcome> {
  const { describeConsensus, simulateConsensus } = await import('./simulate-consensus.ts')
  const { repeat = 1 } = options
  const results = await simulateConsensus({ options, given, repeat, signal, say })
  const document = options.repeat === undefined ? results[0] : { runs: results }
  return { document, text: describeConsensus(results) }
}

async function replayed(
  { replay: folder }: SimulateOptions,
  given: readonly string[],
  signal: AbortSignal,
  say: Say
): Promise<Outcome> {
  const { describeReplay, replay } = await import('./simulate-replay.ts')
  const document = await replay({ folder: folder!, given, signal, say })
  return { document, text: describeReplay(document) }
}

async function study(
  options: SimulateOptions,
  given: readonly string[],
  signal: AbortSignal,
  say: Say
): Promise<Outcome> {
  const { config, repeat, trace, plot, json: _json, consensus: _consensus, replay: _, dimension, ...scenario } = options
  if (dimension !== undefined) throw new UsageError('--dimension is for --consensus: a model has its own size')
  const { variants, repeat: planned = 1 } = await planStudy(config, scenario, given)
  const { describeSimulation, describeStudy, plotCurves, runStudy, Trace } = await import('../simulate/index.ts')
  for (const path of [trace, plot]) if (path !== undefined) await requireWritable(path)
  const rounds = trace === undefined ? undefined : new Trace()
  const curves: Curve[] = []
  const onRun = follow(say, announceIn(options), curves, rounds)
  const reports = await runStudy(variants, repeat ?? planned, { signal, onRun })
  const first = reports[0]!
  if (trace !== undefined) await writeFile(trace, rounds!.text)
  if (plot !== undefined) await writeFile(plot, plotCurves(curves, first.accuracy === undefined ? 'rmse' : 'accuracy'))
  if (config !== undefined) return { document: { variants: reports }, text: describeStudy(reports) }
  if (repeat !== undefined) return { document: first, text: describeStudy(reports) }
  return { document: first.runs[0], text: describeSimulation(first.runs[0]!) }
}

/** What a study has found must not be lost for want of a folder. */
async function requireWritable(path: string): Promise<void> {
  try {
    await access(dirname(path), constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`cannot write ${path} (${code}): give a file in a folder that is there and may be written to`)
  }
}

async function planStudy(config: string | undefined, scenario: ScenarioOptions, given: readonly string[]) {
  if (config === undefined) return { variants: [toVariant('simulation', scenario)] }
  const { readStudy } = await import('./read-study.ts')
  const own = Object.entries(scenario).filter(([name]) => given.includes(name))
  return readStudy(config, Object.fromEntries(own) as Partial<ScenarioOptions>)
}

/** Where no terminal shows what a study is at, a line for each simulation does; none beside JSON. */
function announceIn({ json }: SimulateOptions): Say {
  if (json === true || process.stderr.isTTY) return () => {}
  return (text) => void process.stderr.write(`starling simulate: ${text}\n`)
}

/** Shows what a study is at, and notes what plot and trace are made of. */
function follow(say: Say, announce: Say, curves: Curve[], trace: Trace | undefined): StudyHooks['onRun'] {
  return ({ label, options }: Variant, seed: number) => {
    announce(`${label}, seed ${seed}: ${options.peers} peers, ${options.rounds} rounds`)
    const curve: Curve = { label, seed, snapshots: [] }
    curves.push(curve)
    trace?.restart()
    return {
      onProgress: (snapshot) => {
        say(`${label}, seed ${seed}: round ${snapshot.round} of ${options.rounds}`)
        curve.snapshots.push(snapshot)
        trace?.measured(snapshot)
      },
      onRound: (member, event, ms) => trace?.add(label, seed, member, event, ms)
    }
  }
}
