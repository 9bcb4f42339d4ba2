/** Convolutions and pools. They are channels-last in TensorFlow.js and channels-first in ONNX, so each is turned around. */
import type { OnnxAttribute } from '../../../storage/formats/index.ts'
import type { Value } from './graph-builder.ts'
import { finish, type LayerCall, type LayerExporter, readSides, refuseLayer, requireWeight } from './layer-call.ts'

/** `sides`: 2 for images, 1 for sequences. */
export function convolution(sides: number): LayerExporter {
  return (call) => {
    const { graph, layer } = call
    const kernel = requireWeight(call, 'kernel')
    // [...window, in, out] to [out, in, ...window].
    const turned = graph.apply('Transpose', [kernel.value], { perm: { ints: [sides + 1, sides, ...axes(sides)] } })
    const group = layer.config.groups ?? 1
    if (!Number.isSafeInteger(group)) refuseLayer(layer, 'its groups are no whole number')
    return finish(call, convolve(call, call.inputs[0]!, turned, windowOf(call, sides), Number(group)))
  }
}

/** A kernel for each channel: [height, width, in, multiplier]. */
export const depthwiseConvolution: LayerExporter = (call) => finish(call, depthwise(call))

/** A kernel for each channel, then one that mixes them. */
export const separableConvolution: LayerExporter = (call) => {
  const pointwise = requireWeight(call, 'pointwise_kernel')
  const turned = call.graph.apply('Transpose', [pointwise.value], { perm: { ints: [3, 2, 0, 1] } })
  return finish(call, convolve(call, depthwise(call), turned, {}, 1))
}

/** `operator`: MaxPool or AveragePool; neither counts padding. */
export function pool(operator: string, sides: number): LayerExporter {
  return (call) => {
    const size = readSides(call, 'pool_size', sides, 2)
    const strides = readSides(call, 'strides', sides, size)
    requireChannelsLast(call)
    const attributes = { kernel_shape: { ints: size }, strides: { ints: strides }, auto_pad: { string: padOf(call) } }
    return channelsFirst(call, sides, call.inputs[0]!, (x) => call.graph.apply(operator, [x], attributes))
  }
}

/** `operator`: ReduceMean or ReduceMax over all places. */
export function globalPool(operator: string, sides: number): LayerExporter {
  return (call) => {
    requireChannelsLast(call)
    const places = axes(sides).map((axis) => axis + 1)
    return call.graph.apply(operator, [call.inputs[0]!], { axes: { ints: places }, keepdims: { int: 0 } })
  }
}

function depthwise(call: LayerCall): Value {
  const { graph } = call
  const kernel = requireWeight(call, 'depthwise_kernel')
  const [height, width, channels, multiplier] = kernel.shape as [number, number, number, number]
  const turned = graph.apply('Transpose', [kernel.value], { perm: { ints: [2, 3, 0, 1] } })
  const shape = graph.integers(channels * multiplier, 1, height, width)
  return convolve(call, call.inputs[0]!, graph.apply('Reshape', [turned, shape]), windowOf(call, 2), channels)
}

type Attributes = Record<string, OnnxAttribute>

function convolve(call: LayerCall, x: Value, kernel: Value, window: Attributes, group: number): Value {
  const sides = window.strides !== undefined && 'ints' in window.strides ? window.strides.ints.length : 2
  return channelsFirst(call, sides, x, (turned) =>
    call.graph.apply('Conv', [turned, kernel], { ...window, group: { int: group } })
  )
}

function windowOf(call: LayerCall, sides: number): Attributes {
  requireChannelsLast(call)
  return {
    strides: { ints: readSides(call, 'strides', sides, 1) },
    dilations: { ints: readSides(call, 'dilation_rate', sides, 1) },
    auto_pad: { string: padOf(call) }
  }
}

/** TensorFlow pads an odd place at the end, which ONNX calls upper. */
function padOf({ layer }: LayerCall): string {
  const padding = layer.config.padding ?? 'valid'
  if (padding === 'valid') return 'VALID'
  return padding === 'same' ? 'SAME_UPPER' : refuseLayer(layer, `its padding ${JSON.stringify(padding)} is not known`)
}

function channelsFirst({ graph }: LayerCall, sides: number, x: Value, work: (x: Value) => Value): Value {
  const places = axes(sides).map((axis) => axis + 1)
  const turned = graph.apply('Transpose', [x], { perm: { ints: [0, sides + 1, ...places] } })
  return graph.apply('Transpose', [work(turned)], { perm: { ints: [0, ...places.map((axis) => axis + 1), 1] } })
}

function requireChannelsLast({ layer }: LayerCall): void {
  const format = layer.config.data_format ?? 'channels_last'
  if (format !== 'channels_last') refuseLayer(layer, 'it is not channels_last')
}

/** 0 to `count` - 1. */
function axes(count: number): number[] {
  return Array.from({ length: count }, (_, axis) => axis)
}
