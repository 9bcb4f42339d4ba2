import { ModelMismatchError, ModelSpecError } from './errors.ts'
import type { LossKind } from './loss.ts'
import type { Activation } from './topology.ts'
import { MAX_LAYERS, MAX_UNITS } from './topology-limits.ts'

/** Name of the one weights file that a `model.json` of ours refers to; TensorFlow.js resolves it beside the JSON. */
const WEIGHTS_FILE = 'weights.bin'

/** The release whose serialisation is followed, written where Keras writes its own. */
const KERAS_VERSION = 'tfjs-layers 4.22.0'

/** Window of the convolutions and of the pools between them: the smallest of each that do anything, as in LeNet-5's heirs. */
const CONV_SIZE = 3
const POOL_SIZE = 2

/** A TensorFlow.js layers model as `tf.loadLayersModel` reads it. */
export interface ModelJson {
  readonly modelTopology: {
    readonly class_name: 'Sequential'
    readonly config: { readonly name: string; readonly layers: readonly LayerJson[] }
    readonly keras_version: string
    readonly backend: string
  }
  readonly format: 'layers-model'
  readonly weightsManifest: readonly [{ readonly paths: readonly string[]; readonly weights: readonly WeightJson[] }]
}

interface LayerJson {
  readonly class_name: string
  readonly config: Readonly<Record<string, unknown>>
}

export interface WeightJson {
  readonly name: string
  readonly shape: readonly number[]
  readonly dtype: 'float32'
}

/** A spec taken apart: filters of the convolutions, then units of the hidden dense layers. */
interface ModelSpec {
  readonly filters: readonly number[]
  readonly hidden: readonly number[]
}

/** Layers and weights so far, and the shape that rows have behind them. */
interface Stack {
  readonly layers: LayerJson[]
  readonly weights: WeightJson[]
  shape: readonly number[]
}

/**
 * The model that `spec` names, for rows of `inputs` values or of a shape, and `outputs` classes: `linear` is one softmax
 * layer, `mlp:64,32` has hidden relu layers of 64 and 32 units before it, `cnn:8,16` has convolutions of 8 and 16 filters
 * before it, each with relu and a pool, for rows of the shape [height, width, channels]. For the squared error its last
 * layer is linear, and `outputs` is 1. The same arguments always give the same bytes through `encodeModelJson`, so they
 * give the same content address. Throws ModelSpecError, ModelMismatchError.
 */
export function buildTopology(
  spec: string,
  inputs: number | readonly number[],
  outputs: number,
  loss: LossKind = 'softmax-cross-entropy'
): ModelJson {
  const { filters, hidden } = parseSpec(spec)
  const inputShape = typeof inputs === 'number' ? [inputs] : inputs
  for (const side of inputShape) requireSize(spec, 'inputs', side, 1)
  const isClassifier = loss === 'softmax-cross-entropy'
  if (isClassifier) requireSize(spec, 'classes', outputs, 2)
  const stack: Stack = { layers: [], weights: [], shape: inputShape }
  if (filters.length > 0) addConvolutions(spec, stack, filters)
  if (stack.shape.length > 1) addFlatten(stack)
  for (const [i, units] of hidden.entries()) addDense(stack, i + 1, units, 'relu')
  addDense(stack, hidden.length + 1, outputs, isClassifier ? 'softmax' : 'linear')
  return {
    modelTopology: {
      class_name: 'Sequential',
      config: { name: 'starling', layers: withInputShape(stack.layers, inputShape) },
      keras_version: KERAS_VERSION,
      backend: 'tensor_flow.js'
    },
    format: 'layers-model',
    weightsManifest: weightsManifest(stack.weights)
  }
}

/** Refuses a spec before its data are known; the path of a `model.json` is looked at later. Throws ModelSpecError. */
export function requireModelSpec(spec: string): void {
  if (!isModelPath(spec)) parseSpec(spec)
}

/** Whether a spec is the path of the user's own model. */
export function isModelPath(spec: string): boolean {
  return spec.endsWith('.json')
}

/** Names one weights file for all weights, in their order. */
export function weightsManifest(weights: readonly WeightJson[]): ModelJson['weightsManifest'] {
  return [{ paths: [WEIGHTS_FILE], weights }]
}

/** UTF-8 JSON without white space and with sorted keys: equal models give equal bytes, however they were built. */
export function encodeModelJson(model: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(model, (_, value: unknown) => sortKeys(value)))
}

function parseSpec(spec: string): ModelSpec {
  if (spec === 'linear') return { filters: [], hidden: [] }
  const [, kind, list] = /^(mlp|cnn):(\d+(?:,\d+)*)$/.exec(spec) ?? []
  if (list === undefined) throw new ModelSpecError(spec, 'this is no model we know')
  const sizes = list.split(',').map(Number)
  if (kind === 'mlp' && sizes.length >= MAX_LAYERS) {
    throw new ModelSpecError(spec, `it has ${sizes.length} hidden layers, at most ${MAX_LAYERS - 1} are possible`)
  }
  for (const size of sizes) requireSize(spec, kind === 'mlp' ? 'units' : 'filters', size, 1)
  return kind === 'mlp' ? { filters: [], hidden: sizes } : { filters: sizes, hidden: [] }
}

function requireSize(spec: string, what: string, value: number, least: number): void {
  if (Number.isSafeInteger(value) && value >= least && value <= MAX_UNITS) return
  throw new ModelSpecError(spec, `${what} is ${value}, expected an integer from ${least} to ${MAX_UNITS}`)
}

function addConvolutions(spec: string, stack: Stack, filters: readonly number[]): void {
  const [height, width, channels] = stack.shape
  if (stack.shape.length !== 3) {
    throw new ModelMismatchError(`model ${spec} needs images, and these rows are columns of a table: use linear or mlp`)
  }
  let shape = [height!, width!, channels!] as const
  for (const [index, units] of filters.entries()) {
    const kernelShape = [CONV_SIZE, CONV_SIZE, shape[2], units]
    const after = ([0, 1] as const).map((axis) => Math.floor((shape[axis] - CONV_SIZE + 1) / POOL_SIZE))
    if (after.some((side) => side < 1)) {
      throw new ModelMismatchError(
        `images of ${height} x ${width} are too small for model ${spec} (${shape[0]} x ${shape[1]} are left for ` +
          `convolution ${index + 1}): use larger images or fewer convolutions`
      )
    }
    shape = [after[0]!, after[1]!, units]
    addConvolution(stack, index + 1, units, kernelShape)
  }
  stack.shape = shape
}

function addConvolution({ layers, weights }: Stack, number: number, filters: number, kernelShape: number[]): void {
  const name = `conv2d_${number}`
  layers.push({
    class_name: 'Conv2D',
    config: {
      name,
      trainable: true,
      dtype: 'float32',
      filters,
      kernel_size: [CONV_SIZE, CONV_SIZE],
      strides: [1, 1],
      padding: 'valid',
      data_format: 'channels_last',
      dilation_rate: [1, 1],
      activation: 'relu',
      use_bias: true,
      ...initialisers('HeUniform')
    }
  })
  const config = { name: `max_pooling2d_${number}`, trainable: true, dtype: 'float32', padding: 'valid' }
  const pool = [POOL_SIZE, POOL_SIZE]
  const more = { pool_size: pool, strides: pool, data_format: 'channels_last' }
  layers.push({ class_name: 'MaxPooling2D', config: { ...config, ...more } })
  weights.push(weightJson(`${name}/kernel`, kernelShape), weightJson(`${name}/bias`, [filters]))
}

function addFlatten(stack: Stack): void {
  stack.layers.push({ class_name: 'Flatten', config: { name: 'flatten', trainable: true, dtype: 'float32' } })
  stack.shape = [stack.shape.reduce((size, side) => size * side, 1)]
}

function addDense(stack: Stack, number: number, units: number, activation: Activation): void {
  const name = `dense_${number}`
  stack.layers.push({
    class_name: 'Dense',
    config: {
      name,
      trainable: true,
      dtype: 'float32',
      units,
      activation,
      use_bias: true,
      ...initialisers(activation === 'relu' ? 'HeUniform' : 'GlorotUniform')
    }
  })
  stack.weights.push(weightJson(`${name}/kernel`, [stack.shape[0]!, units]), weightJson(`${name}/bias`, [units]))
  stack.shape = [units]
}

/** For other readers of the file; `initialWeights` draws from the same distributions. */
function initialisers(kernel: string): LayerJson['config'] {
  return {
    kernel_initializer: { class_name: kernel, config: {} },
    bias_initializer: { class_name: 'Zeros', config: {} }
  }
}

/** The first layer says what a row looks like: [null, ...shape], null being the batch. */
function withInputShape([first, ...others]: readonly LayerJson[], inputShape: readonly number[]): LayerJson[] {
  return [{ ...first!, config: { ...first!.config, batch_input_shape: [null, ...inputShape] } }, ...others]
}

function weightJson(name: string, shape: readonly number[]): WeightJson {
  return { name, shape, dtype: 'float32' }
}

function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}
