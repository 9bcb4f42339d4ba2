import { MAX_FEATURES } from '../../protocols/envelope/index.ts'
import { ShapeMismatchError, TooMuchDataError } from './tensor-errors.ts'

/** Encoded they are float32, 1 GiB of it: MNIST has 4.7e7 values, CIFAR-10 1.5e8. */
export const MAX_TENSOR_VALUES = 2 ** 28

export type TensorValues = Uint8Array | Float32Array | Float64Array

/** The numbers of all rows of a table, each row an array of one shape. */
export interface Tensor {
  /** Name of the column that it becomes. */
  readonly name: string
  /** Of one row: an image is [height, width, channels]; 1 to 3 sides. */
  readonly shape: readonly number[]
  /** Shape [rows, ...shape], row after row. */
  readonly values: TensorValues
}

/** How many values a shape has. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, side) => product * side, 1)
}

/** Throws TooMuchDataError unless so many rows of a shape fit a run and the memory. */
export function requireFitting(source: string, rows: number, shape: readonly number[]): void {
  const size = sizeOf(shape)
  if (size > MAX_FEATURES) throw new TooMuchDataError(source, `rows of ${size} values`, MAX_FEATURES)
  if (rows * size > MAX_TENSOR_VALUES) {
    throw new TooMuchDataError(source, `${rows} rows of ${size} values`, MAX_TENSOR_VALUES)
  }
}

/** A copy of the rows at `indices`, in that order. */
export function selectTensorRows(tensor: Tensor, indices: readonly number[]): Tensor {
  const size = sizeOf(tensor.shape)
  const values = emptyLike(tensor.values, indices.length * size)
  for (const [to, from] of indices.entries())
    values.set(tensor.values.subarray(from * size, (from + 1) * size), to * size)
  return { ...tensor, values }
}

/** The rows of tensors of one shape, one after the other. */
export function joinTensors(tensors: readonly Tensor[]): Tensor {
  const [first] = tensors
  if (first === undefined) throw new RangeError('there are no tensors to join')
  const length = tensors.reduce((sum, { values }) => sum + values.length, 0)
  const isOneType = tensors.every(({ values }) => values.constructor === first.values.constructor)
  const values = isOneType ? emptyLike(first.values, length) : new Float64Array(length)
  let offset = 0
  for (const tensor of tensors) {
    values.set(tensor.values, offset)
    offset += tensor.values.length
  }
  return { ...first, values }
}

function emptyLike(values: TensorValues, length: number): TensorValues {
  if (values instanceof Uint8Array) return new Uint8Array(length)
  return values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)
}

/**
 * The tensor in another shape of the same meaning: sides of 1 at the end come and go, grey images become colour ones by
 * repetition, and colour ones grey by their luma, as JPEG weighs them (ITU-R BT.601). Throws ShapeMismatchError.
 * `place`: where the tensor comes from.
 */
export function reshape(tensor: Tensor, shape: readonly number[], place: string): Tensor {
  const isSame = withoutOnes(tensor.shape).join() === withoutOnes(shape).join()
  if (isSame) return { ...tensor, shape }
  const [from, to] = [channelsOf(tensor.shape), channelsOf(shape)]
  const isImage = sidesOf(tensor.shape) === sidesOf(shape)
  if (isImage && from === 1 && to === 3) return { ...tensor, shape, values: widen(tensor.values) }
  if (isImage && from === 3 && to === 1) return { ...tensor, shape, values: lumaOf(tensor.values) }
  throw new ShapeMismatchError(place, tensor.shape, shape)
}

function withoutOnes(shape: readonly number[]): readonly number[] {
  return shape.slice(0, shape.findLastIndex((side) => side !== 1) + 1)
}

function channelsOf([, , channels = 1]: readonly number[]): number {
  return channels
}

function sidesOf([height, width = 1]: readonly number[]): string {
  return `${height},${width}`
}

/** Three equal channels of one. */
export function widen(values: TensorValues): TensorValues {
  const wide = emptyLike(values, values.length * 3)
  for (let i = 0; i < values.length; i++) wide.fill(values[i]!, 3 * i, 3 * i + 3)
  return wide
}

function lumaOf(values: TensorValues): TensorValues {
  const luma = emptyLike(values, values.length / 3)
  const round = values instanceof Uint8Array ? Math.round : (value: number) => value
  for (let i = 0; i < luma.length; i++) {
    luma[i] = round(0.299 * values[3 * i]! + 0.587 * values[3 * i + 1]! + 0.114 * values[3 * i + 2]!)
  }
  return luma
}
