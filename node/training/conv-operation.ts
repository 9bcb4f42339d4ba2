import { maskInactive, type Operation, sumRows } from './operation.ts'
import type { TensorFlow } from './tensorflow.ts'
import type { ConvLayer } from './topology.ts'

const NOTHING = new Float32Array(0)

/** `kernelStart`: where the layer's kernel lies in the flat vector; the bias follows it. */
export function createConvOperation(tf: TensorFlow, layer: ConvLayer, kernelStart: number): Operation {
  const { window, activation, useBias } = layer
  const { strides, padding: pad } = window
  const kernelShape = [...window.size, layer.input[2], layer.output[2]]
  const filters = layer.output[2]
  const biasStart = kernelStart + kernelShape.reduce((size, side) => size * side, 1)
  const attrs = { strides, pad, dataFormat: 'NHWC', dimRoundingMode: undefined }
  return (input, parameters) => {
    const x = tf.reshape(input, [-1, ...layer.input])
    const filter = tf.tensor(parameters.subarray(kernelStart, biasStart), kernelShape)
    const bias = useBias ? tf.tensor1d(parameters.subarray(biasStart, biasStart + filters)) : undefined
    let output =
      bias === undefined ? tf.conv2d(x, filter, strides, pad) : tf.fused.conv2d({ x, filter, strides, pad, bias })
    if (activation === 'relu') output = tf.relu(output)
    return {
      output,
      backward: (delta, isInputWanted, sink) => {
        if (activation === 'relu') maskInactive(delta, output.dataSync())
        const dy = tf.tensor(delta, output.shape)
        const run = tf.engine().runKernel.bind(tf.engine())
        const filterShape = kernelShape
        const kernelGradient = run('Conv2DBackpropFilter', { x, dy }, { ...attrs, filterShape }).dataSync()
        const biasGradient = useBias ? sumRows(delta, filters) : undefined
        const inputGradient = isInputWanted
          ? run('Conv2DBackpropInput', { dy, filter }, { ...attrs, inputShape: x.shape }).dataSync()
          : NOTHING
        sink(kernelStart, kernelGradient)
        if (biasGradient !== undefined) sink(biasStart, biasGradient)
        return inputGradient
      }
    }
  }
}
