/** A named array of numbers, as every format of weights holds some. */
export interface Tensor {
  readonly name: string
  readonly shape: readonly number[]
  /** Row-major values, as many as the shape's product. */
  readonly data: Float32Array
}
