import type { Tensor } from '../../storage/formats/index.ts'
import { featureCount, outputCount, type TaskSchema } from '../data/index.ts'
import {
  adoptModel,
  collectWeights,
  createLoss,
  ModelMismatchError,
  parseJson,
  readModel,
  type Topology
} from '../training/index.ts'
import type { ModelOrigin } from './model-card.ts'

/** A model with all that it needs to be used on rows as they are: what files of models hold. */
export interface PortableModel {
  readonly task: TaskSchema
  readonly topology: Topology
  /** The bytes of the `model.json` that the topology was read from. */
  readonly modelJson: Uint8Array
  /** Of the whole model, shape [topology.parameterCount]. */
  readonly weights: Float32Array
  readonly origin: ModelOrigin
}

/** What a model is put together from again. */
export interface ModelParts {
  readonly task: TaskSchema
  /** As `cardDocument` has it, or a `modelTopology` of TensorFlow.js. */
  readonly model: object
  readonly tensors: readonly Tensor[]
  readonly origin: ModelOrigin
}

/**
 * Checks parts against each other. Throws what `adoptModel` throws of the model, and ModelMismatchError.
 * `source`: the file's path, for messages.
 */
export async function assembleModel(
  { task, model, tensors, origin }: ModelParts,
  source: string
): Promise<PortableModel> {
  const { modelJson, topology } = await adoptModel(model, createLoss(task).kind)
  const [inputs, outputs] = [featureCount(task), outputCount(task)]
  if (topology.inputs !== inputs || topology.outputs !== outputs) {
    throw new ModelMismatchError(
      `${source} has a model of ${topology.inputs} inputs and ${topology.outputs} outputs, the columns and classes in it ` +
        `need ${inputs} and ${outputs}: export the model again`
    )
  }
  const weights = collectWeights(topology, tensors, {
    source: `the weights in ${source}`,
    advice: 'export the model again'
  })
  return { task, topology, modelJson, weights, origin }
}

/** A model's weights one by one, in the topology's order; they share the vector's memory. */
export function tensorsOf({ topology, weights }: Pick<PortableModel, 'topology' | 'weights'>): Tensor[] {
  return topology.weights.map(({ name, shape, offset }) => {
    const length = shape.reduce((size, side) => size * side, 1)
    return { name, shape, data: weights.subarray(offset, offset + length) }
  })
}

/** Class and configuration of a model, without what else a `model.json` holds. */
export function modelTopologyOf({ modelJson }: Pick<PortableModel, 'modelJson'>): object {
  const { className, config } = readModel(parseJson(modelJson))
  return { class_name: className, config }
}
