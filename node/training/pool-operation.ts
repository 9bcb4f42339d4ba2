import { maskInactive, type Operation } from './operation.ts'
import type { TensorFlow } from './tensorflow.ts'
import type { PoolLayer } from './topology.ts'

/** `activation` is applied to what the pool gives. */
export function createPoolOperation(tf: TensorFlow, layer: PoolLayer, activation: 'linear' | 'relu'): Operation {
  const { size, strides, padding } = layer.window
  const isMax = layer.kind === 'max'
  const attrs = { filterSize: size, strides, pad: padding, dimRoundingMode: undefined }
  const corrections = isMax || padding === 'valid' ? undefined : edgeCorrections(layer)
  return (input) => {
    const x = tf.reshape(input, [-1, ...layer.input])
    const pooled = isMax ? tf.maxPool(x, size, strides, padding) : tf.avgPool(x, size, strides, padding)
    const output = activation === 'relu' ? tf.relu(pooled) : pooled
    return {
      output,
      backward: (delta) => {
        if (activation === 'relu') maskInactive(delta, output.dataSync())
        if (corrections !== undefined) multiply(delta, corrections, layer.output[2])
        const dy = tf.tensor(delta, output.shape)
        const inputs = isMax ? { dy, input: x, output: pooled } : { dy, input: x }
        return tf
          .engine()
          .runKernel(isMax ? 'MaxPoolGrad' : 'AvgPoolGrad', inputs, attrs)
          .dataSync()
      }
    }
  }
}

/**
 * A mean over the edge has fewer values than the window, which TensorFlow.js 4.22 knows forwards, but not in its
 * gradient: the factor that each place of the output lacks there. Shape [height, width].
 */
function edgeCorrections({ window, input, output }: PoolLayer): Float32Array {
  const [down, across] = ([0, 1] as const).map((axis) => {
    const [length, places, size, stride] = [input[axis], output[axis], window.size[axis], window.strides[axis]]
    const before = Math.floor(Math.max(0, (places - 1) * stride + size - length) / 2)
    return Array.from({ length: places }, (_, place) => {
      const from = place * stride - before
      return size / (Math.min(length, from + size) - Math.max(0, from))
    })
  })
  return Float32Array.from(down!.flatMap((vertical) => across!.map((horizontal) => vertical * horizontal)))
}

/** `delta` has shape [rows, height, width, channels], `factors` [height, width]. */
function multiply(delta: Float32Array, factors: Float32Array, channels: number): void {
  for (let i = 0; i < delta.length; i++) delta[i]! *= factors[Math.floor(i / channels) % factors.length]!
}
