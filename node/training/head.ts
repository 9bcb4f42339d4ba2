import { UnsupportedLayerError } from './errors.ts'
import type { LossKind } from './loss.ts'
import type { StackLayer } from './topology.ts'

/** What a model must end in, by what its outputs are for: written for people who build one. */
export const HEAD_NEEDS: Readonly<Record<LossKind, string>> = {
  'softmax-cross-entropy': 'the last layer must be a Dense with the activation softmax, and no other may have it',
  'mean-squared-error': 'to predict a number the last layer must be a Dense with the activation linear'
}

/**
 * Cross-entropy over classes needs a softmax as the last activation and the only one, the squared error one linear unit.
 * Returns the number of outputs; `layers` has at least one. Throws UnsupportedLayerError.
 */
export function requireHead(layers: readonly StackLayer[], loss: LossKind): number {
  const last = layers.at(-1)!
  const isClassifier = loss === 'softmax-cross-entropy'
  for (const layer of layers) {
    const isSoftmax = activationOf(layer) === 'softmax'
    if (isSoftmax !== (isClassifier && layer === last)) refuseHead(layer, HEAD_NEEDS[loss])
  }
  if (last.type !== 'dense') return refuseHead(last, HEAD_NEEDS[loss])
  if (isClassifier) return last.units
  if (last.activation !== 'linear') refuseHead(last, HEAD_NEEDS[loss])
  if (last.units !== 1) refuseHead(last, describeOneUnit(last.units))
  return last.units
}

export function describeOneUnit(units: number): string {
  return `to predict a number the last layer must have 1 unit, not ${units}`
}

function activationOf(layer: StackLayer): string | undefined {
  return 'activation' in layer ? layer.activation : undefined
}

function refuseHead({ name, type }: StackLayer, reason: string): never {
  const className = { dense: 'Dense', conv: 'Conv2D', pool: 'Pooling2D', dropout: 'Dropout' }[type]
  throw new UnsupportedLayerError(name, className, reason)
}
