import { UnsupportedLayerError } from './errors.ts'
import type { JsonLayer } from './read-model.ts'

/** Layers with moving statistics: weights that no gradient changes, which averaging would have to treat apart. */
const LAYERS_WITH_STATISTICS = new Set(['BatchNormalization', 'Normalization', 'SpectralNormalization'])

/** What changes the loss or the update in ways that our step does not follow. */
const CHANGES_TO_TRAINING = [
  'kernel_regularizer',
  'bias_regularizer',
  'activity_regularizer',
  'kernel_constraint',
  'bias_constraint',
  'recurrent_regularizer',
  'recurrent_constraint',
  'depthwise_regularizer',
  'depthwise_constraint',
  'pointwise_regularizer',
  'pointwise_constraint',
  'embeddings_regularizer',
  'embeddings_constraint',
  'gamma_regularizer',
  'gamma_constraint',
  'beta_regularizer',
  'beta_constraint'
] as const

/** Refuses, by the layer's name, what no trainer of ours follows. Throws UnsupportedLayerError. */
export function requireTrainable(layer: JsonLayer): void {
  const { className, config } = layer
  if (LAYERS_WITH_STATISTICS.has(className)) refuse(layer, 'it has weights that gradients do not train')
  if (config.trainable === false) refuse(layer, 'its weights are frozen (trainable is false)')
  for (const key of CHANGES_TO_TRAINING) if (config[key] != null) refuse(layer, `it has a ${key}`)
  if ((config.dtype ?? 'float32') !== 'float32' && className !== 'InputLayer') {
    refuse(layer, 'its dtype is not float32')
  }
}

/**
 * Convolutions with padding `same` and steps that leave gaps between the windows come out wrong on wasm: TensorFlow.js
 * 4.22 pads them in other places than pure JavaScript does. Throws UnsupportedLayerError.
 */
export function requireRightPadding(layer: JsonLayer): void {
  const { padding, kernel_size, strides } = layer.config
  if (padding !== 'same' || strides === undefined) return
  const windows = [kernel_size].flat()
  const hasGap = [strides].flat().some((stride, axis) => Number(stride) > Number(windows[axis] ?? windows[0]))
  if (hasGap) refuse(layer, 'padding same with strides larger than the kernel comes out wrong: use padding valid')
}

export function refuse({ name, className }: JsonLayer, reason: string): never {
  throw new UnsupportedLayerError(name, className, reason)
}
