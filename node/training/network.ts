import type { Batch } from './batches.ts'

/** Gets the gradient of the weights that start at `offset` of the flat vector; may change it, must not keep it. */
export type GradientSink = (offset: number, gradient: Float32Array) => void

/** Forward and backward pass of a model whose parameters are one flat vector. */
export interface Network {
  /** What the last layer computes, before a softmax. `rows` has shape [count, inputs], the result [count, outputs]. */
  outputs(parameters: Float32Array, rows: Float32Array): Float32Array

  /** Mean loss of the batch. `sink` gets every gradient once, in any order, unless the loss is not finite. */
  backpropagate(parameters: Float32Array, batch: Batch, sink: GradientSink): number

  /** Frees what the network holds between calls, if anything. */
  close?(): void
}
