import type { Operation } from './operation.ts'
import type { TensorFlow } from './tensorflow.ts'
import type { DropoutLayer } from './topology.ts'

/** Keeps or drops by the numbers of the batch, so that the same seed trains to the same bits. */
export function createDropoutOperation(tf: TensorFlow, { rate }: DropoutLayer): Operation {
  return (input, _, random) => {
    if (random === undefined || rate === 0) return { output: input, backward: (delta) => delta }
    const length = input.shape.reduce((size, side) => size * side, 1)
    const mask = Float32Array.from({ length }, () => (random.next() < rate ? 0 : 1 / (1 - rate)))
    return {
      output: tf.mul(input, tf.tensor(mask, input.shape)),
      backward: (delta) => {
        for (let i = 0; i < length; i++) delta[i]! *= mask[i]!
        return delta
      }
    }
  }
}
