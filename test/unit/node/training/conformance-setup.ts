import type { Dataset } from '../../../../node/data/index.ts'
import {
  buildTopology,
  initialWeights,
  type Loss,
  type OptimiserKind,
  parseTopology,
  type StackTopology,
  type Trainer
} from '../../../../node/training/index.ts'
import { blobs } from './blobs.ts'
import { denseOracle } from './dense-oracle.ts'

export interface TrainerSetup {
  readonly topology: StackTopology
  readonly loss?: Loss
  readonly training: Dataset
  readonly heldOut?: Dataset
  readonly batch: number
  readonly learningRate: number
  readonly optimiser: OptimiserKind
  readonly momentum?: number
}

export type CreateTrainer = (setup: TrainerSetup) => Promise<Trainer>

export const INPUTS = 6
export const CLASSES = 3
export const ROWS = 40
export const LEARNING_RATE = 0.1

export const topology = parseTopology(buildTopology('mlp:8,5', INPUTS, CLASSES))
export const setup: TrainerSetup = {
  topology,
  training: blobs(ROWS, INPUTS, CLASSES, 1),
  heldOut: blobs(17, INPUTS, CLASSES, 2),
  batch: 8,
  learningRate: LEARNING_RATE,
  optimiser: 'sgd'
}

/** With every row in every batch, what a step does is known without knowing the order of rows. */
export const wholeBatch: TrainerSetup = { ...setup, batch: ROWS }

/** Parameters with biases that are not zero, so that a forgotten bias shows. */
export function startingPoint(): Float32Array {
  return initialWeights(topology, 3).map((value, i) => value + 0.05 * Math.sin(i))
}

/** The parameters after `steps` steps from the starting point, with a trainer of their own. */
export async function trained(
  create: CreateTrainer,
  trainerSetup: TrainerSetup,
  steps: number,
  options: Parameters<Trainer['train']>[2] = {}
): Promise<Float32Array> {
  const trainer = await create(trainerSetup)
  const parameters = startingPoint()
  await trainer.train(parameters, steps, options)
  await trainer.close()
  return parameters
}

/** The oracle's parameters after `steps` steps on all rows. */
export function oracleSteps(steps: number, momentum: number, options: { passesCutRelu?: boolean } = {}): Float64Array {
  const parameters = Float64Array.from(startingPoint())
  const velocity = new Float64Array(parameters.length)
  for (let step = 0; step < steps; step++) {
    const { gradient } = denseOracle(topology, parameters, wholeBatch.training, options)
    for (let i = 0; i < parameters.length; i++) {
      velocity[i] = momentum * velocity[i]! + gradient[i]!
      parameters[i]! -= LEARNING_RATE * velocity[i]!
    }
  }
  return parameters
}
