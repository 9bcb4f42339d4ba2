import type { RunManifest } from '../../protocols/envelope/index.ts'
import { authorOf, refuseContradictions } from '../../protocols/envelope/index.ts'
import type { Home, Storage } from '../../storage/index.ts'
import {
  featureCount,
  inferSchema,
  inputShape,
  labelFor,
  outputCount,
  readData,
  type Table,
  type TaskSchema
} from '../data/index.ts'
import {
  buildTopology,
  createLoss,
  decodeTopology,
  drawInitialWeights,
  encodeModelJson,
  isModelPath,
  type OwnModel,
  readOwnModel,
  requireModelFits,
  requireStepFits,
  SharedPart,
  type Topology
} from '../training/index.ts'
import { localLayersOf } from '../vectors/index.ts'
import { type RunFiles, writeRunFiles } from './run-files.ts'
import type { RunPlan } from './run-plan.ts'
import { settleAveraging } from './settle-averaging.ts'
import { settleOptimiser } from './settle-optimiser.ts'
import { requireRowsFit, startingTopology, startingWeights } from './starting-model.ts'

/** Neighbours ignore deltas that come faster than this on average: enough for the smallest model on a fast machine. */
const MIN_ROUND_MS = 2

/** What a plan comes to before anything is written. */
export interface DraftRun {
  readonly plan: RunPlan
  readonly task: TaskSchema
  readonly modelJson: Uint8Array
  readonly topology: Topology
  /** The part of the model that peers share. */
  readonly shared: SharedPart
  /** What the owner should know about how the files were read. */
  readonly remarks: readonly string[]
  /** Weights that came with the user's own model or the one to start from; without them the seed draws the first ones. Shape [n]. */
  readonly initial?: Float32Array
}

/**
 * Reads the creator's files and settles schema and model. Throws the data's errors, the model's, InvalidRecordError for
 * choices that contradict each other, LocalLayersError for local layers that contradict the model.
 */
export async function draftRun(plan: RunPlan): Promise<DraftRun> {
  const tables = []
  for (const path of plan.data) tables.push(await readData(path))
  const task = taskOf(plan, tables)
  const model = await draftModel(plan, task)
  requireStepFits(model.topology, plan.batch)
  const shared = new SharedPart(model.topology, localLayersOf({ personalise: personalisationOf(plan) }))
  const draft = { plan, task, ...model, shared, remarks: tables.flatMap(({ remarks }) => remarks ?? []) }
  refuseContradictions(manifestOf(draft))
  return draft
}

/** Of the model to start from, or else as the files have it. */
function taskOf({ start, label, task, classes }: RunPlan, tables: readonly Table[]): TaskSchema {
  if (start?.task !== undefined) {
    requireRowsFit(tables, start.task)
    return start.task
  }
  return inferSchema(tables, {
    label: labelFor(tables, label),
    ...(task === undefined ? {} : { task }),
    ...(classes === undefined ? {} : { classes })
  })
}

/** The model to start from, the one that a spec names, or the user's own where it is the path of a `model.json`. */
async function draftModel({ start, model }: RunPlan, task: TaskSchema): Promise<OwnModel> {
  const { kind } = createLoss(task)
  const own =
    (start === undefined ? undefined : await startingTopology(start, task, kind)) ?? (await namedModel(model, task))
  return start === undefined ? own : { ...own, initial: startingWeights(start, own) }
}

async function namedModel(model: string, task: TaskSchema): Promise<OwnModel> {
  const { kind } = createLoss(task)
  if (!isModelPath(model)) {
    const modelJson = encodeModelJson(buildTopology(model, inputShape(task), outputCount(task), kind))
    return { modelJson, topology: await decodeTopology(modelJson, kind) }
  }
  const own = await readOwnModel(model, kind)
  requireModelFits(own, model, featureCount(task), outputCount(task))
  return own
}

/** Makes a run of a draft: initial weights and manifest; stores and keeps all in the home. Throws InvalidRecordError. */
export async function createRun(home: Home, storage: Storage, draft: DraftRun): Promise<RunFiles> {
  const { plan, modelJson, topology } = draft
  const author = authorOf(home.identity)
  const initial = draft.initial ?? (await drawInitialWeights(topology, plan.seed))
  return writeRunFiles(storage, modelJson, initial, {
    ...manifestOf(draft),
    admins: [author],
    createdBy: author,
    createdAt: Date.now()
  })
}

/** What a manifest says beside the links to the model and its weights. */
export type DraftManifest = Omit<
  RunManifest,
  'v' | 'model' | 'initial' | 'initialHash' | 'parameterCount' | 'admins' | 'createdBy' | 'createdAt'
>

/** All that the creator's choices and files put into the manifest, public for ever once it is written. */
export function manifestOf({ plan, task }: DraftRun): DraftManifest {
  return {
    name: plan.name,
    seed: plan.seed,
    task,
    training: {
      ...settleOptimiser(plan, task.kind),
      batch: plan.batch,
      localSteps: plan.localSteps,
      loss: createLoss(task).kind,
      rounds: plan.rounds,
      minRoundMs: MIN_ROUND_MS
    },
    averaging: settleAveraging(plan, task.kind),
    checkpoint: { everyRounds: plan.checkpointEveryRounds, proof: plan.proof },
    evaluation: { holdOut: plan.holdOut, metrics: [task.kind === 'regression' ? 'rmse' : 'accuracy', 'loss'] },
    privacy: { mode: 'off' },
    personalise: personalisationOf(plan),
    share: { metrics: plan.shareMetrics, samples: plan.shareSamples },
    admission: 'open'
  }
}

function personalisationOf({ personalise, localLayers }: RunPlan): RunManifest['personalise'] {
  return personalise ?? (localLayers === undefined ? null : { rule: 'local-head', layers: localLayers })
}
