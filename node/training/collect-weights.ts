import type { Tensor } from '../../storage/formats/index.ts'
import { ModelMismatchError } from './errors.ts'
import type { ParameterLayout } from './shared-part.ts'

/** Where tensors come from, and what somebody can do whose tensors are not the model's, for messages. */
export interface WeightsSource {
  readonly source: string
  readonly advice: string
}

/**
 * One flat vector of the tensors that a model has, by their names, shape [layout.parameterCount]; others are left out.
 * Throws ModelMismatchError for one that is missing, of another shape or not finite.
 */
export function collectWeights(
  layout: ParameterLayout,
  tensors: readonly Tensor[],
  { source, advice }: WeightsSource
): Float32Array {
  const named = new Map(tensors.map((tensor) => [tensor.name, tensor]))
  const parameters = new Float32Array(layout.parameterCount)
  for (const { name, shape, offset } of layout.weights) {
    const tensor = named.get(name)
    if (tensor === undefined || tensor.shape.join() !== shape.join()) {
      const has = tensor === undefined ? 'none' : `[${tensor.shape.join(', ')}]`
      throw new ModelMismatchError(
        `${source} have ${has} for ${JSON.stringify(name)}, the model needs [${shape.join(', ')}]: ${advice}`
      )
    }
    parameters.set(tensor.data, offset)
  }
  if (parameters.every(Number.isFinite)) return parameters
  throw new ModelMismatchError(`${source} are not all finite`)
}
