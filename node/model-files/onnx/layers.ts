import { ACTIVATIONS } from './activations.ts'
import type { Value } from './graph-builder.ts'
import {
  activate,
  finish,
  type LayerCall,
  type LayerExporter,
  readSides,
  refuseLayer,
  requireWeight
} from './layer-call.ts'
import { convolution, depthwiseConvolution, globalPool, pool, separableConvolution } from './window-layers.ts'

/** Nothing but training changes. */
const identity: LayerExporter = ({ inputs }) => inputs[0]!

/** Layers by the names of Keras. What is not in here is refused by its name. */
const LAYERS: Readonly<Record<string, LayerExporter>> = {
  Dense: dense,
  Activation: (call) => activate(call, call.inputs[0]!),
  Flatten: ({ graph, inputs }) => graph.apply('Reshape', [inputs[0]!, graph.integers(0, -1)]),
  Reshape: reshape,
  Permute: permute,
  RepeatVector: repeat,
  ZeroPadding2D: zeroPadding,
  Dropout: identity,
  SpatialDropout1D: identity,
  Conv1D: convolution(1),
  Conv2D: convolution(2),
  DepthwiseConv2D: depthwiseConvolution,
  SeparableConv2D: separableConvolution,
  MaxPooling1D: pool('MaxPool', 1),
  MaxPooling2D: pool('MaxPool', 2),
  AveragePooling1D: pool('AveragePool', 1),
  AveragePooling2D: pool('AveragePool', 2),
  GlobalMaxPooling1D: globalPool('ReduceMax', 1),
  GlobalMaxPooling2D: globalPool('ReduceMax', 2),
  GlobalAveragePooling1D: globalPool('ReduceMean', 1),
  GlobalAveragePooling2D: globalPool('ReduceMean', 2),
  LayerNormalization: layerNormalisation,
  ReLU: rectify,
  LeakyReLU: ({ graph, layer, inputs }) => {
    return graph.apply('LeakyRelu', [inputs[0]!], { alpha: { float: numberOf(layer.config.alpha, 0.3) } })
  },
  PReLU: (call) => call.graph.apply('PRelu', [call.inputs[0]!, requireWeight(call, 'alpha').value]),
  ELU: ({ graph, layer, inputs }) => {
    return graph.apply('Elu', [inputs[0]!], { alpha: { float: numberOf(layer.config.alpha, 1) } })
  },
  Softmax: ({ graph, layer, inputs }) => {
    return graph.apply('Softmax', [inputs[0]!], { axis: { int: numberOf(layer.config.axis, -1) } })
  },
  Add: merge('Sum'),
  Average: merge('Mean'),
  Maximum: merge('Max'),
  Minimum: merge('Min'),
  Multiply: ({ graph, inputs }) => inputs.reduce((product, value) => graph.apply('Mul', [product, value])),
  Concatenate: ({ graph, layer, inputs }) => {
    return graph.apply('Concat', inputs, { axis: { int: numberOf(layer.config.axis, -1) } })
  }
}

/** Adds one use of a layer. Throws NotExportableError by the layer's name. */
export function addLayer(call: LayerCall): Value {
  const { className } = call.layer
  const add = Object.hasOwn(LAYERS, className) ? LAYERS[className] : undefined
  return add === undefined ? refuseLayer(call.layer, 'layers of its kind are not: use another format') : add(call)
}

function dense(call: LayerCall): Value {
  const kernel = requireWeight(call, 'kernel')
  return finish(call, call.graph.apply('MatMul', [call.inputs[0]!, kernel.value]))
}

function reshape({ graph, layer, inputs }: LayerCall): Value {
  const target = layer.config.target_shape
  if (!Array.isArray(target)) return refuseLayer(layer, 'it has no target_shape')
  return graph.apply('Reshape', [inputs[0]!, graph.integers(0, ...target.map((side) => side ?? -1))])
}

/** Keras counts the axes behind the rows from 1. */
function permute({ graph, layer, inputs }: LayerCall): Value {
  const { dims } = layer.config
  if (!Array.isArray(dims)) return refuseLayer(layer, 'it has no dims')
  return graph.apply('Transpose', [inputs[0]!], { perm: { ints: [0, ...dims] } })
}

function repeat(call: LayerCall): Value {
  const { graph, inputs } = call
  const [times] = readSides(call, 'n', 1, undefined)
  const row = graph.apply('Unsqueeze', [inputs[0]!, graph.integers(1)])
  return graph.apply('Tile', [row, graph.integers(1, times!, 1)])
}

function zeroPadding({ graph, layer, inputs }: LayerCall): Value {
  const { padding = 1 } = layer.config
  const pairs = Array.isArray(padding) ? padding : [padding, padding]
  const [rows, columns] = pairs.map((pair) => (Array.isArray(pair) ? pair : [pair, pair]))
  const sides = [rows?.[0], columns?.[0], rows?.[1], columns?.[1]]
  const isWhole = sides.every((side) => Number.isSafeInteger(side) && side >= 0)
  if (!isWhole || (layer.config.data_format ?? 'channels_last') !== 'channels_last') {
    return refuseLayer(layer, 'its padding is not of height and width')
  }
  const [top, left, bottom, right] = sides
  return graph.apply('Pad', [inputs[0]!, graph.integers(0, top, left, 0, 0, bottom, right, 0)])
}

function layerNormalisation(call: LayerCall): Value {
  const { graph, layer, inputs } = call
  const [axis, ...others] = [layer.config.axis ?? -1].flat()
  const gamma = requireWeight(call, 'gamma')
  const isLast = others.length === 0 && axis === -1 && gamma.shape.length === 1
  if (!isLast) refuseLayer(layer, 'its axis is not the last one, -1')
  const beta = call.weight('beta')
  const scale = beta === undefined ? [gamma.value] : [gamma.value, beta.value]
  const attributes = { axis: { int: -1 }, epsilon: { float: numberOf(layer.config.epsilon, 1e-3) } }
  return graph.apply('LayerNormalization', [inputs[0]!, ...scale], attributes)
}

function rectify(call: LayerCall): Value {
  const { graph, layer, inputs } = call
  const { max_value: most } = layer.config
  if (most == null) return ACTIVATIONS.relu!(graph, inputs[0]!)
  const limits = [0, numberOf(most, 0)].map((limit) => graph.constant(Float32Array.of(limit), []))
  return graph.apply('Clip', [inputs[0]!, ...limits])
}

function merge(operator: string): LayerExporter {
  return ({ graph, inputs }) => graph.apply(operator, inputs)
}

function numberOf(value: unknown, fallback: number): number {
  return typeof value === 'number' ? value : fallback
}
