import { InvalidTopologyError, UnsupportedLayerError } from './errors.ts'
import { requireHead } from './head.ts'
import type { LossKind } from './loss.ts'
import { isModelClass, type JsonLayer, readInputShape, readSize } from './read-model.ts'
import { refuse, requireRightPadding, requireTrainable } from './refused-layers.ts'
import type { Activation, ConvLayer, DenseLayer, ImageShape, PoolLayer, StackLayer, Window } from './topology.ts'

/** A stack with the shapes that its rows take on their way. */
export interface ParsedStack {
  readonly layers: readonly StackLayer[]
  readonly inputShape: readonly number[]
  readonly outputs: number
  readonly activationsPerRow: number
  readonly multiplicationsPerRow: number
}

/** What one entry adds to the stack, and the shape after it. */
interface Step {
  readonly layer?: StackLayer
  readonly shape: readonly number[]
  readonly multiplications?: number
}

/** Throws InvalidTopologyError, or UnsupportedLayerError with the layer's name and class. */
export function parseLayers(entries: readonly JsonLayer[], loss: LossKind): ParsedStack {
  const nested = entries.find(({ className }) => isModelClass(className))
  if (nested !== undefined) refuse(nested, 'it is a model inside the model')
  const inputShape = readInputShape(entries[0]!)
  const layers: StackLayer[] = []
  let shape = inputShape
  let activationsPerRow = size(shape)
  let multiplicationsPerRow = 0
  for (const [index, entry] of entries.entries()) {
    if (index === 0 && entry.className === 'InputLayer') continue
    requireTrainable(entry)
    if (entry.className === 'Activation') {
      layers.push(activated(entry, layers.pop()))
      continue
    }
    const step = parseLayer(entry, shape)
    if (step.layer !== undefined) layers.push(step.layer)
    shape = step.shape
    activationsPerRow += size(shape)
    multiplicationsPerRow += step.multiplications ?? 0
  }
  if (layers.length === 0) refuse(entries[0]!, 'no other layer follows it')
  const outputs = requireHead(layers, loss)
  return { layers, inputShape, outputs, activationsPerRow, multiplicationsPerRow }
}

function parseLayer(entry: JsonLayer, shape: readonly number[]): Step {
  switch (entry.className) {
    case 'Dense':
      return parseDense(entry, shape)
    case 'Conv2D':
      return parseConv(entry, shape)
    case 'MaxPooling2D':
      return parsePool(entry, shape, 'max')
    case 'AveragePooling2D':
      return parsePool(entry, shape, 'average')
    case 'Dropout':
      return { layer: parseDropout(entry), shape }
    case 'Flatten':
      requireChannelsLast(entry)
      return { shape: [size(shape)] }
    case 'Reshape':
      return { shape: parseReshape(entry, shape) }
    default:
      return refuse(entry, 'it is none of the layers that plain stacks are made of')
  }
}

function parseDense(entry: JsonLayer, shape: readonly number[]): Step {
  if (shape.length !== 1) refuse(entry, `its input has ${shape.length} dimensions: put a Flatten before it`)
  const inputs = shape[0]!
  const units = readSize(entry.config.units, 'units')
  const { name } = entry
  const layer: DenseLayer = { type: 'dense', name, inputs, units, ...readOutputForm(entry) }
  return { layer, shape: [units], multiplications: inputs * units }
}

function parseConv(entry: JsonLayer, shape: readonly number[]): Step {
  const { name, config } = entry
  const input = requireImage(entry, shape)
  const filters = readSize(config.filters, 'filters')
  const window = readWindow(entry, readPair(config.kernel_size, 'kernel_size'), config.strides ?? 1)
  requireRightPadding(entry)
  if (readPair(config.dilation_rate ?? 1, 'dilation_rate').some((rate) => rate !== 1)) {
    refuse(entry, 'its dilation_rate is not 1')
  }
  if ((config.groups ?? 1) !== 1) refuse(entry, 'its groups are not 1')
  const output = slide(entry, input, window, filters)
  const layer: ConvLayer = { type: 'conv', name, input, output, window, ...readOutputForm(entry) }
  const multiplications = size(output) * size(window.size) * input[2]
  return { layer, shape: output, multiplications }
}

function parsePool(entry: JsonLayer, shape: readonly number[], kind: PoolLayer['kind']): Step {
  const { name, config } = entry
  const input = requireImage(entry, shape)
  const pool = readPair(config.pool_size ?? 2, 'pool_size')
  const window = readWindow(entry, pool, config.strides ?? pool)
  const output = slide(entry, input, window, input[2])
  return { layer: { type: 'pool', name, kind, input, output, window }, shape: output }
}

function parseDropout({ name, config }: JsonLayer): StackLayer {
  const { rate } = config
  if (typeof rate !== 'number' || !(rate >= 0 && rate < 1)) {
    throw new InvalidTopologyError(`the rate of a Dropout is ${JSON.stringify(rate)}, expected 0 to below 1`)
  }
  return { type: 'dropout', name, rate }
}

function parseReshape(entry: JsonLayer, shape: readonly number[]): readonly number[] {
  const target = entry.config.target_shape
  if (!Array.isArray(target) || target.length < 1 || target.length > 3) {
    return refuse(entry, 'its target_shape has not 1 to 3 dimensions')
  }
  const sides = target.map((side: unknown) => readSize(side, 'target_shape'))
  if (size(sides) === size(shape)) return sides
  throw new InvalidTopologyError(`a Reshape makes [${sides.join(', ')}] of [${shape.join(', ')}]: other sizes`)
}

/** An Activation behind a layer that has none is that layer's own. */
function activated(entry: JsonLayer, layer: StackLayer | undefined): DenseLayer | ConvLayer {
  const activation = readActivation(entry)
  const isBare = (layer?.type === 'dense' || layer?.type === 'conv') && layer.activation === 'linear'
  return isBare ? { ...layer, activation } : refuse(entry, 'it does not follow a linear Dense or Conv2D')
}

function readOutputForm(entry: JsonLayer): Pick<DenseLayer, 'activation' | 'useBias'> {
  const useBias = entry.config.use_bias ?? true
  if (typeof useBias !== 'boolean') throw new InvalidTopologyError('use_bias is neither true nor false')
  return { activation: readActivation(entry), useBias }
}

function readActivation(entry: JsonLayer): Activation {
  const activation = entry.config.activation ?? 'linear'
  if (activation === 'linear' || activation === 'relu' || activation === 'softmax') return activation
  return refuse(entry, 'plain stacks have the activations linear, relu and softmax')
}

function requireImage(entry: JsonLayer, shape: readonly number[]): ImageShape {
  requireChannelsLast(entry)
  const [height, width, channels] = shape
  if (shape.length === 3) return [height!, width!, channels!]
  throw new InvalidTopologyError(
    `${entry.className} needs images [height, width, channels], its input has the shape [${shape.join(', ')}]`
  )
}

function requireChannelsLast(entry: JsonLayer): void {
  if ((entry.config.data_format ?? 'channels_last') !== 'channels_last') refuse(entry, 'it is not channels_last')
}

function readWindow(entry: JsonLayer, windowSize: readonly [number, number], strides: unknown): Window {
  const padding = entry.config.padding ?? 'valid'
  if (padding !== 'valid' && padding !== 'same') return refuse(entry, 'its padding is neither valid nor same')
  return { size: windowSize, strides: readPair(strides, 'strides'), padding }
}

/** A number, or two. */
function readPair(value: unknown, what: string): readonly [number, number] {
  const [height, width] = Array.isArray(value) && value.length === 2 ? (value as unknown[]) : [value, value]
  return [readSize(height, what), readSize(width, what)]
}

function slide(entry: JsonLayer, input: ImageShape, window: Window, channels: number): ImageShape {
  const { size: sides, strides, padding } = window
  const [height, width] = [0, 1].map((axis) =>
    padding === 'same'
      ? Math.ceil(input[axis]! / strides[axis]!)
      : Math.floor((input[axis]! - sides[axis]!) / strides[axis]!) + 1
  )
  if (height! >= 1 && width! >= 1) return [height!, width!, channels]
  throw new UnsupportedLayerError(
    entry.name,
    entry.className,
    `its window of ${sides.join(' x ')} is larger than its input of ${input[0]} x ${input[1]}: ` +
      'use larger images or fewer layers'
  )
}

function size(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}
