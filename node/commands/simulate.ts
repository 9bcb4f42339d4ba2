import { writeFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Curve, StudyHooks, Trace, Variant } from '../simulate/index.ts'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { whole } from './options.ts'
import { type Say, withProgress } from './progress.ts'
import { addScenarioOptions, type ScenarioOptions, toVariant } from './simulate-options.ts'

interface SimulateOptions extends ScenarioOptions {
  readonly config?: string
  readonly repeat?: number
  readonly trace?: string
  readonly plot?: string
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling simulate --alpha 0.1                      16 peers on the digits, very unlike data
  $ starling simulate --loss 0.3 --no-repair           three in ten deltas are lost, and nobody minds the gaps
  $ starling simulate --delay 1 --speeds 1-4           links as slow as training, peers up to 4 times as slow
  $ starling simulate --baseline fedavg --repeat 10    a server that averages everyone, over ten seeds
  $ starling simulate --config study.jsonc --plot study.svg --json
  $ starling simulate --engine cpu --trace rounds.csv  the same seed gives the same bytes on any machine

A study: { "repeat": 10, "options": { "alpha": 0.1 }, "variants": [{ "label": "calm" }, { "label": "lossy", "loss": 0.3 }] }`

/** `starling simulate`: the code of real peers on a virtual clock. */
export function addSimulate(program: Command): void {
  const command = program
    .command('simulate')
    .description('train with many simulated peers in this process: their real code, on a virtual clock')
  addScenarioOptions(command)
    .option('--config <file>', 'a study: JSON with comments and the options of several simulations')
    .option('--repeat <n>', 'so many seeds, from --seed on; prints mean and deviation', whole(1, 10_000))
    .option('--trace <file>', 'writes a CSV with every round of every peer')
    .option('--plot <file>', 'writes an SVG of accuracy over rounds')
    .option('--json', 'print one JSON document on stdout')
    .addHelpText('after', EXAMPLES)
    .action(simulate)
}

async function simulate(options: SimulateOptions, command: Command): Promise<void> {
  const { config, repeat, trace, plot, json, ...scenario } = options
  const { readStudy } = await import('./read-study.ts')
  const study =
    config === undefined
      ? { variants: [toVariant('simulation', scenario)] }
      : await readStudy(config, givenOptions(command, scenario))
  const { describeSimulation, describeStudy, plotCurves, runStudy, Trace } = await import('../simulate/index.ts')
  const { signal, dispose } = interruptSignal()
  const rounds = trace === undefined ? undefined : new Trace()
  const curves: Curve[] = []
  const seeds = repeat ?? study.repeat ?? 1
  try {
    const reports = await withProgress(
      'starting',
      (say) => runStudy(study.variants, seeds, { signal, onRun: follow(say, announceIn(options), curves, rounds) }),
      options
    )
    if (trace !== undefined) await writeFile(trace, rounds!.text)
    const [first] = reports
    const measure = first?.accuracy === undefined ? 'rmse' : 'accuracy'
    if (plot !== undefined) await writeFile(plot, plotCurves(curves, measure))
    const isOne = config === undefined && repeat === undefined
    const document = isOne ? first!.runs[0]! : config === undefined ? first! : { variants: reports }
    const text = isOne ? describeSimulation(first!.runs[0]!) : describeStudy(reports)
    process.stdout.write(`${json === true ? JSON.stringify(document) : text}\n`)
  } catch (error) {
    if (signal.aborted) throw new ExitError(INTERRUPTED)
    throw error
  } finally {
    dispose()
  }
}

/** What stands on the command line itself, without what the options are otherwise. */
function givenOptions(command: Command, options: ScenarioOptions): Partial<ScenarioOptions> {
  return Object.fromEntries(
    Object.entries(options).filter(([name]) => command.getOptionValueSource(name) === 'cli')
  ) as Partial<ScenarioOptions>
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
