import type { Tensor } from '../../storage/formats/index.ts'
import { encodeTable, featureCount, outputCount, type Table, type TaskSchema } from '../data/index.ts'
import {
  adoptModel,
  collectWeights,
  decodeTopology,
  type LossKind,
  ModelMismatchError,
  type OwnModel,
  requireModelFits
} from '../training/index.ts'

/** A model that a run starts from, in place of what its files and its seed would give it. */
export interface StartingModel {
  /** What the user called it. */
  readonly source: string
  /** The run's task: columns, normalisation and classes are taken over. Without it the run's files decide. */
  readonly task?: TaskSchema
  /** The bytes of the run's `model.json`, or … */
  readonly modelJson?: Uint8Array
  /** … class and configuration of a model that is not settled yet. Without both the plan's spec decides. */
  readonly model?: object
  readonly tensors: readonly Tensor[]
}

/** Throws what `encodeTable` throws where the rows are not those of the task that a run takes over. */
export function requireRowsFit(tables: readonly Table[], task: TaskSchema): void {
  for (const table of tables) encodeTable(table, task)
}

/** The starting model's own topology, for a task. Undefined where it has none. Throws ModelMismatchError. */
export async function startingTopology(
  { source, modelJson, model }: StartingModel,
  task: TaskSchema,
  loss: LossKind
): Promise<OwnModel | undefined> {
  if (modelJson !== undefined) return { modelJson, topology: await decodeTopology(modelJson, loss) }
  if (model === undefined) return undefined
  const adopted = await adoptModel(model, loss)
  requireModelFits(adopted, source, featureCount(task), outputCount(task))
  return adopted
}

/** The model's first weights, shape [topology.parameterCount]. Throws ModelMismatchError. */
export function startingWeights({ source, tensors }: StartingModel, { topology }: OwnModel): Float32Array {
  const count = tensors.reduce((sum, { data }) => sum + data.length, 0)
  if (count !== topology.parameterCount) {
    throw new ModelMismatchError(
      `${source} holds ${count} parameters, the run's model has ${topology.parameterCount}: choose the --model that they belong to`
    )
  }
  return collectWeights(topology, tensors, {
    source: `the weights in ${source}`,
    advice: 'choose the --model that they belong to'
  })
}
