import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Table from 'cli-table3'
import type { Command } from 'commander'
import { dealOut } from '../../node/demo/demo-data.ts'
import { readFigures } from '../../node/demo/figures.ts'
import { Flock } from '../../node/demo/flock.ts'
import { DemoView } from '../../node/demo/view.ts'
import { median } from '../../protocols/averaging/index.ts'
import { printResult } from '../print-result.ts'

/** The setting: H = 8 steps of 32 rows. */
const LOCAL_STEPS = 8
const BATCH = 32
const SEED = 7

interface RoundResult {
  readonly peers: number
  readonly parameters: number
  /** Wall time of the flock's training phase over its rounds; median over peers. */
  readonly secondsPerRound: number
  /** The same number of processes, steps and rows without a network, at the same time; median over peers. */
  readonly trainingOnlySecondsPerRound: number
  /** The difference: quantising, sending, absorbing, waiting, mixing. */
  readonly averagingSecondsPerRound: number
  /** Wall time in local steps / wall time of the training phase; median over peers. */
  readonly trainingShare: number
}

/** Measures each size of flock with each model. */
async function benchRounds(init: { peers: readonly number[]; models: readonly string[]; rounds: number }) {
  const results: RoundResult[] = []
  for (const model of init.models)
    for (const peers of init.peers) results.push(await benchRound(peers, model, init.rounds))
  return results
}

async function benchRound(peers: number, model: string, rounds: number): Promise<RoundResult> {
  const folder = await mkdtemp(join(tmpdir(), 'starling-bench-'))
  const data = await dealOut(join(folder, 'data'), { data: ['digits'], peers, alpha: 1000, seed: SEED })
  const view = new DemoView([], rounds)
  const plan = {
    model,
    rounds,
    localSteps: LOCAL_STEPS,
    batch: BATCH,
    learningRate: 0.05,
    codec: 'int4',
    k: 6,
    seed: SEED
  } as const
  const flock = await Flock.start({ ...plan, folder, data, view })
  try {
    await flock.open()
    await flock.trainAlone()
    await flock.linkUp()
    await flock.trainTogether()
    await flock.stop()
    const figures = await Promise.all(flock.trainers.map(({ handle }) => readFigures(handle.home)))
    const secondsPerRound = median(figures.map(({ trainingMs }) => trainingMs / 1000 / rounds))!
    const trainingOnlySecondsPerRound = median(flock.trainers.map(({ aloneMs }) => aloneMs / 1000 / rounds))!
    return {
      peers,
      parameters: flock.run.manifest.parameterCount,
      secondsPerRound,
      trainingOnlySecondsPerRound,
      averagingSecondsPerRound: secondsPerRound - trainingOnlySecondsPerRound,
      trainingShare: median(figures.map(({ trainingShare }) => trainingShare))!
    }
  } finally {
    await flock.stop()
    await rm(folder, { recursive: true, force: true })
  }
}

function describeRounds(results: readonly RoundResult[]): string {
  const head = ['peers', 'parameters', 's/round', 'training only', 'averaging', 'whole / training', 'training share']
  const table = new Table({ head, style: { head: [], border: [] } })
  for (const result of results) {
    table.push([
      result.peers,
      result.parameters,
      result.secondsPerRound.toFixed(3),
      result.trainingOnlySecondsPerRound.toFixed(3),
      result.averagingSecondsPerRound.toFixed(3),
      (result.secondsPerRound / result.trainingOnlySecondsPerRound).toFixed(2),
      result.trainingShare.toFixed(2)
    ])
  }
  return table.toString()
}

interface RoundOptions {
  readonly peers: string[]
  readonly models: string[]
  readonly rounds: string
  readonly json?: boolean
}

export function addRound(program: Command): void {
  program
    .command('round')
    .description('seconds a round of a whole flock, beside the same processes training without a network')
    .option('--peers <n...>', 'sizes of the flock', ['5', '10'])
    .option('--models <specs...>', 'models', ['mlp:64', 'mlp:960,960'])
    .option('--rounds <r>', 'rounds measured', '20')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ peers, models, rounds, json }: RoundOptions) => {
      const results = await benchRounds({ peers: peers.map(Number), models, rounds: Number(rounds) })
      printResult(json, { results }, describeRounds(results))
    })
}
