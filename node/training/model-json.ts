import { ModelSpecError } from './errors.ts'
import type { LossKind } from './loss.ts'
import { MAX_LAYERS, MAX_UNITS } from './topology-limits.ts'

/** Name of the one weights file that a `model.json` of ours refers to; TensorFlow.js resolves it beside the JSON. */
const WEIGHTS_FILE = 'weights.bin'

/** The release whose serialisation is followed, written where Keras writes its own. */
const KERAS_VERSION = 'tfjs-layers 4.22.0'

/** A TensorFlow.js layers model as `tf.loadLayersModel` reads it. */
export interface ModelJson {
  readonly modelTopology: {
    readonly class_name: 'Sequential'
    readonly config: { readonly name: string; readonly layers: readonly DenseJson[] }
    readonly keras_version: string
    readonly backend: string
  }
  readonly format: 'layers-model'
  readonly weightsManifest: readonly [{ readonly paths: readonly string[]; readonly weights: readonly WeightJson[] }]
}

interface DenseJson {
  readonly class_name: 'Dense'
  readonly config: {
    readonly name: string
    readonly trainable: true
    readonly dtype: 'float32'
    readonly units: number
    readonly activation: 'relu' | 'softmax' | 'linear'
    readonly use_bias: true
    readonly kernel_initializer: InitialiserJson
    readonly bias_initializer: InitialiserJson
    /** Only on the first layer: [null, inputs], null being the batch. */
    readonly batch_input_shape?: readonly [null, number]
  }
}

interface InitialiserJson {
  readonly class_name: string
  readonly config: Readonly<Record<string, never>>
}

interface WeightJson {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: 'float32'
}

/**
 * The model that `spec` names, for rows of `inputs` values and `outputs` classes: `linear` is one softmax layer,
 * `mlp:64,32` has hidden relu layers of 64 and 32 units before it. For the squared error its last layer is linear, and
 * `outputs` is 1. The same arguments always give the same bytes
 * through `encodeModelJson`, so they give the same content address. Throws ModelSpecError.
 */
export function buildTopology(
  spec: string,
  inputs: number,
  outputs: number,
  loss: LossKind = 'softmax-cross-entropy'
): ModelJson {
  const hidden = parseSpec(spec)
  requireSize(spec, 'inputs', inputs, 1)
  const isClassifier = loss === 'softmax-cross-entropy'
  if (isClassifier) requireSize(spec, 'classes', outputs, 2)
  const sizes = [inputs, ...hidden, outputs]
  const last = isClassifier ? 'softmax' : 'linear'
  const layers = sizes
    .slice(1)
    .map((units, i) => denseJson(i + 1, sizes[i]!, units, i === hidden.length ? last : 'relu'))
  return {
    modelTopology: {
      class_name: 'Sequential',
      config: { name: 'starling', layers },
      keras_version: KERAS_VERSION,
      backend: 'tensor_flow.js'
    },
    format: 'layers-model',
    weightsManifest: [{ paths: [WEIGHTS_FILE], weights: layers.flatMap((layer, i) => weightJson(layer, sizes[i]!)) }]
  }
}

/** UTF-8 JSON without white space and with sorted keys: equal models give equal bytes, however they were built. */
export function encodeModelJson(model: ModelJson): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(model, (_, value: unknown) => sortKeys(value)))
}

function parseSpec(spec: string): number[] {
  if (spec === 'linear') return []
  const list = /^mlp:(\d+(?:,\d+)*)$/.exec(spec)?.[1]
  if (list === undefined) throw new ModelSpecError(spec, 'this is no model we know')
  const hidden = list.split(',').map(Number)
  if (hidden.length >= MAX_LAYERS) {
    throw new ModelSpecError(spec, `it has ${hidden.length} hidden layers, at most ${MAX_LAYERS - 1} are possible`)
  }
  for (const units of hidden) requireSize(spec, 'units', units, 1)
  return hidden
}

function requireSize(spec: string, what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= MAX_UNITS) return
  throw new ModelSpecError(spec, `${what} is ${value}, expected an integer from ${least} to ${MAX_UNITS}`)
}

function denseJson(
  number: number,
  inputs: number,
  units: number,
  activation: DenseJson['config']['activation']
): DenseJson {
  return {
    class_name: 'Dense',
    config: {
      name: `dense_${number}`,
      trainable: true,
      dtype: 'float32',
      units,
      activation,
      use_bias: true,
      // For other readers of the file; `initialWeights` draws from the same distributions.
      kernel_initializer: { class_name: activation === 'relu' ? 'HeUniform' : 'GlorotUniform', config: {} },
      bias_initializer: { class_name: 'Zeros', config: {} },
      ...(number === 1 && { batch_input_shape: [null, inputs] as const })
    }
  }
}

function weightJson({ config: { name, units } }: DenseJson, inputs: number): WeightJson[] {
  return [
    { name: `${name}/kernel`, shape: [inputs, units], dtype: 'float32' },
    { name: `${name}/bias`, shape: [units], dtype: 'float32' }
  ]
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
