import type { RunManifest } from '../../protocols/envelope/index.ts'
import { authorOf } from '../../protocols/envelope/index.ts'
import type { Home, Storage } from '../../storage/index.ts'
import { inferSchema, inputShape, readTable, type TaskSchema } from '../data/index.ts'
import {
  buildTopology,
  decodeTopology,
  drawInitialWeights,
  encodeModelJson,
  isModelPath,
  readOwnModel,
  requireModelFits,
  requireStepFits
} from '../training/index.ts'
import { type RunFiles, writeRunFiles } from './run-files.ts'
import type { RunPlan } from './run-plan.ts'

/**
 * Weight of quasi-global momentum, less for long rounds: its steady gain is `1 / (1 - mu)`, and many local steps of unlike
 * peers drift far by themselves. Measured in lock-step on digits, 10 peers, H = 22, learning rate .1, int4, three splits
 * of Dirichlet .5 and one of .1: mu .7 ends 0.0 to 1.7 points above mu .9 and -0.6 to +0.6 of mu .8, and it is the one
 * that loses least to a server (worst case -0.6).
 */
const MOMENTUM = { short: 0.9, long: 0.7 } as const
const LONG_ROUND_STEPS = 16

/** Neighbours ignore deltas that come faster than this on average: enough for the smallest model on a fast machine. */
const MIN_ROUND_MS = 2

/** What a plan comes to before anything is written. */
export interface DraftRun {
  readonly plan: RunPlan
  readonly task: TaskSchema
  readonly modelJson: Uint8Array
  /** Weights that came with the user's own model; without them the seed draws the first ones. Shape [n]. */
  readonly initial?: Float32Array
}

/** Reads the creator's files and settles schema and model. Throws the data's errors, and the model's. */
export async function draftRun(plan: RunPlan): Promise<DraftRun> {
  const tables = []
  for (const path of plan.data) tables.push(await readTable(path))
  const task = inferSchema(tables, {
    label: plan.label,
    ...(plan.classes === undefined ? {} : { classes: plan.classes })
  })
  const model = await draftModel(plan.model, inputShape(task), task.classes.length)
  requireStepFits(await decodeTopology(model.modelJson), plan.batch)
  return { plan, task, ...model }
}

/** The model that a spec names, or the user's own where it is the path of a `model.json`. */
async function draftModel(
  model: string,
  shape: readonly number[],
  outputs: number
): Promise<Pick<DraftRun, 'modelJson' | 'initial'>> {
  if (!isModelPath(model)) return { modelJson: encodeModelJson(buildTopology(model, shape, outputs)) }
  const own = await readOwnModel(model)
  const inputs = shape.reduce((size, side) => size * side, 1)
  requireModelFits(own, model, inputs, outputs)
  return own
}

/** Makes a run of a draft: initial weights and manifest; stores and keeps all in the home. Throws InvalidRecordError. */
export async function createRun(home: Home, storage: Storage, draft: DraftRun): Promise<RunFiles> {
  const { plan, task, modelJson } = draft
  const author = authorOf(home.identity)
  const initial = draft.initial ?? (await drawInitialWeights(await decodeTopology(modelJson), plan.seed))
  return writeRunFiles(storage, modelJson, initial, {
    name: plan.name,
    seed: plan.seed,
    task,
    training: {
      optimiser: plan.momentum > 0 ? 'momentum' : 'sgd',
      momentum: plan.momentum,
      learningRate: plan.learningRate,
      batch: plan.batch,
      localSteps: plan.localSteps,
      loss: 'softmax-cross-entropy',
      rounds: plan.rounds,
      minRoundMs: MIN_ROUND_MS
    },
    averaging: averagingOf(plan),
    checkpoint: { everyRounds: plan.checkpointEveryRounds, proof: 'none' },
    evaluation: { holdOut: plan.holdOut, metrics: ['accuracy', 'loss'] },
    privacy: { mode: 'off' },
    personalise: null,
    share: { metrics: plan.shareMetrics, samples: plan.shareSamples },
    admission: 'open',
    admins: [author],
    createdBy: author,
    createdAt: Date.now()
  })
}

function averagingOf({ codec, k, localSteps }: RunPlan): RunManifest['averaging'] {
  const mu = localSteps >= LONG_ROUND_STEPS ? MOMENTUM.long : MOMENTUM.short
  return { codec, k, momentum: { rule: 'quasi-global', mu, kappa: 0.5 }, beta: 0.5, gamma: 1, rule: 'mean', b: 0 }
}
