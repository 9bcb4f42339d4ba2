import { maskInactive, type Operation, sumRows } from './operation.ts'
import type { TensorFlow } from './tensorflow.ts'
import type { DenseLayer } from './topology.ts'

const NOTHING = new Float32Array(0)

/** `kernelStart`: where the layer's kernel lies in the flat vector; the bias follows it. */
export function createDenseOperation(tf: TensorFlow, layer: DenseLayer, kernelStart: number): Operation {
  const { inputs, units, activation, useBias } = layer
  const biasStart = kernelStart + inputs * units
  return (input, parameters) => {
    const x = input.shape.length === 2 ? input : tf.reshape(input, [-1, inputs])
    const kernel = tf.tensor2d(parameters.subarray(kernelStart, biasStart), [inputs, units])
    let output = tf.matMul(x, kernel)
    if (useBias) output = tf.add(output, tf.tensor1d(parameters.subarray(biasStart, biasStart + units)))
    if (activation === 'relu') output = tf.relu(output)
    return {
      output,
      backward: (delta, isInputWanted, sink) => {
        if (activation === 'relu') maskInactive(delta, output.dataSync())
        const dy = tf.tensor2d(delta, [delta.length / units, units])
        const kernelGradient = tf.matMul(x, dy, true, false).dataSync()
        const biasGradient = useBias ? sumRows(delta, units) : undefined
        const inputGradient = isInputWanted ? tf.matMul(dy, kernel, false, true).dataSync() : NOTHING
        sink(kernelStart, kernelGradient)
        if (biasGradient !== undefined) sink(biasStart, biasGradient)
        return inputGradient
      }
    }
  }
}
