import Table from 'cli-table3'
import type { Command } from 'commander'
import {
  buildTopology,
  createTensorFlowTrainer,
  type Engine,
  initialWeights,
  parseTopology,
  startEngine,
  type Trainer
} from '../../node/training/index.ts'
import { median } from '../../protocols/averaging/index.ts'
import { printResult } from '../print-result.ts'
import { digits, enlargedDigits } from '../unit/node/training/enlarged-digits.ts'

/** A sample lasts about this long, or one step where that takes longer. */
const SAMPLE_MS = 400

/** The setting for images is 28 x 28 with ten classes; dense models get the digits as they come. */
const IMAGE_SHAPE = [28, 28, 1] as const
const CLASSES = 10

interface TrainingResult {
  readonly model: string
  readonly parameters: number
  readonly batch: number
  /** Rows a second in optimiser steps; median, least and most of the samples. */
  readonly wasm: Rates
  /** The same on plain `@tensorflow/tfjs-backend-cpu`, in turns with wasm. */
  readonly pureJavaScript: Rates
  /** Median over the turns of wasm's rate / pure JavaScript's in the same turn. */
  readonly ratio: number
}

interface Rates {
  readonly median: number
  readonly least: number
  readonly most: number
}

/** Measures each model on both engines, sample by sample in turns, so that other load on the machine meets both. */
async function benchTraining(init: {
  readonly models: readonly string[]
  readonly batch: number
  readonly samples: number
}): Promise<TrainingResult[]> {
  const engines = [await startEngine('wasm'), await startEngine('cpu')] as const
  const results: TrainingResult[] = []
  for (const model of init.models) results.push(await benchModel(model, engines, init.batch, init.samples))
  return results
}

async function benchModel(
  model: string,
  [wasm, cpu]: readonly [Engine, Engine],
  batch: number,
  samples: number
): Promise<TrainingResult> {
  const isForImages = model.startsWith('cnn')
  const training = isForImages ? await enlargedDigits() : await digits()
  const shape = isForImages ? IMAGE_SHAPE : training.featureCount
  const topology = parseTopology(buildTopology(model, shape, CLASSES))
  const init = { topology, training, batch, learningRate: 0.05, optimiser: 'sgd' } as const
  const fast = await startSampling(createTensorFlowTrainer({ ...init, engine: wasm }), initialWeights(topology, 1))
  const slow = await startSampling(createTensorFlowTrainer({ ...init, engine: cpu }), initialWeights(topology, 1))
  const wasmRates: number[] = []
  const cpuRates: number[] = []
  for (let i = 0; i < samples; i++) {
    wasmRates.push(batch * (await fast()))
    cpuRates.push(batch * (await slow()))
  }
  return {
    model,
    parameters: topology.parameterCount,
    batch,
    wasm: ratesOf(wasmRates),
    pureJavaScript: ratesOf(cpuRates),
    ratio: median(wasmRates.map((rate, i) => rate / cpuRates[i]!))!
  }
}

/** Warms up, then returns what takes a sample: steps a second. */
async function startSampling(trainer: Trainer, parameters: Float32Array): Promise<() => Promise<number>> {
  // Compilers and caches settle in the first steps; of the second measurement follows how many steps a sample has.
  await trainer.train(parameters, 1)
  const { ms } = await trainer.train(parameters, 2)
  const steps = Math.max(1, Math.round(SAMPLE_MS / (ms / 2)))
  if (steps > 1) await trainer.train(parameters, steps)
  return async () => (1000 * steps) / (await trainer.train(parameters, steps)).ms
}

function ratesOf(rates: readonly number[]): Rates {
  return { median: median(rates)!, least: Math.min(...rates), most: Math.max(...rates) }
}

function describeTraining(results: readonly TrainingResult[]): string {
  const head = ['model', 'parameters', 'batch', 'wasm, rows/s', 'pure JavaScript, rows/s', 'ratio']
  const table = new Table({ head, style: { head: [], border: [] } })
  const show = ({ median: middle, least, most }: Rates) =>
    `${Math.round(middle)} (${Math.round(least)} to ${Math.round(most)})`
  for (const { model, parameters, batch, wasm, pureJavaScript, ratio } of results) {
    table.push([model, parameters, batch, show(wasm), show(pureJavaScript), `${ratio.toFixed(1)} x`])
  }
  return table.toString()
}

interface TrainingOptions {
  readonly models: string[]
  readonly batch: string
  readonly samples: string
  readonly json?: boolean
}

export function addTraining(program: Command): void {
  program
    .command('training')
    .description('rows a second in optimiser steps on wasm, beside pure JavaScript in the same run')
    .option('--models <specs...>', 'models', ['linear', 'mlp:64', 'mlp:960,960', 'cnn:8,16'])
    .option('--batch <rows>', 'rows a step', '64')
    .option('--samples <n>', 'samples of each engine, in turns', '5')
    .option('--json', 'print one JSON document on stdout')
    .action(async ({ models, batch, samples, json }: TrainingOptions) => {
      const results = await benchTraining({ models, batch: Number(batch), samples: Number(samples) })
      printResult(json, { results }, describeTraining(results))
    })
}
