import type { Operation } from './operation.ts'
import type { TensorFlow } from './tensorflow.ts'
import type { PoolLayer } from './topology.ts'

export function createPoolOperation(tf: TensorFlow, layer: PoolLayer): Operation {
  const { size, strides, padding } = layer.window
  const isMax = layer.kind === 'max'
  const attrs = { filterSize: size, strides, pad: padding, dimRoundingMode: undefined }
  return (input) => {
    const x = tf.reshape(input, [-1, ...layer.input])
    const output = isMax ? tf.maxPool(x, size, strides, padding) : tf.avgPool(x, size, strides, padding)
    return {
      output,
      backward: (delta) => {
        const dy = tf.tensor(delta, output.shape)
        const inputs = isMax ? { dy, input: x, output } : { dy, input: x }
        return tf
          .engine()
          .runKernel(isMax ? 'MaxPoolGrad' : 'AvgPoolGrad', inputs, attrs)
          .dataSync()
      }
    }
  }
}
