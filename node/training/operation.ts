import type { Random } from '../../protocols/averaging/index.ts'
import type { GradientSink } from './network.ts'
import type { Tensor } from './tensorflow.ts'

/** One layer at work: reads its weights from the flat vector. `random` is there while training, and only then. */
export type Operation = (input: Tensor, parameters: Float32Array, random?: Random) => Pass

/** What a layer made of its input, and the way back. */
export interface Pass {
  readonly output: Tensor

  /**
   * Turns `delta`, the gradient with respect to the output, into that with respect to the input, which nobody reads
   * unless `isInputWanted`. May change `delta`. Tensors may share memory with the arrays they are made from or read
   * into (the cpu backend does), so everything that reads the layer's weights happens before these go to the sink.
   */
  backward(delta: Float32Array, isInputWanted: boolean, sink: GradientSink): Float32Array
}

/** relu passes no gradient where it cut off; `activation` is its output. */
export function maskInactive(delta: Float32Array, activation: Float32Array): void {
  for (let i = 0; i < delta.length; i++) if (activation[i]! <= 0) delta[i] = 0
}

/** `matrix` has shape [rows, columns]. */
export function sumRows(matrix: Float32Array, columns: number): Float32Array {
  const sums = new Float32Array(columns)
  for (let start = 0; start < matrix.length; start += columns) {
    for (let column = 0; column < columns; column++) sums[column]! += matrix[start + column]!
  }
  return sums
}
