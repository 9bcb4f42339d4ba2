/** What can be wrong with rows of arrays, whichever kind of file they come from. */

/** As people write sizes: 28 x 28 x 1. */
function show(shape: readonly number[]): string {
  return shape.join(' x ')
}

/** Rows of another shape than the run's, or than those of another file. */
export class ShapeMismatchError extends Error {
  override readonly name = 'ShapeMismatchError'
  readonly code = 'ERR_SHAPE_MISMATCH'

  constructor(place: string, found: readonly number[], expected: readonly number[]) {
    super(
      `${place} is ${show(found)} (height, width, channels), but the run learns from ${show(expected)}: ` +
        'bring all rows to that size'
    )
  }
}

/** More values than a run or the memory takes. */
export class TooMuchDataError extends Error {
  override readonly name = 'TooMuchDataError'
  readonly code = 'ERR_TOO_MUCH_DATA'

  constructor(source: string, found: string, limit: number) {
    super(`${source} holds ${found}, at most ${limit} fit: make the images or arrays smaller, or take fewer`)
  }
}

/** The run learns from images or arrays, and this is a table of text. */
export class TensorNeededError extends Error {
  override readonly name = 'TensorNeededError'
  readonly code = 'ERR_TENSOR_NEEDED'

  constructor(source: string, shape: readonly number[]) {
    super(`the run learns from images or arrays of ${show(shape)}: give a folder of images or an .npz, not ${source}`)
  }
}

/** One source is a table of text, another one images or arrays. */
export class MixedSourcesError extends Error {
  override readonly name = 'MixedSourcesError'
  readonly code = 'ERR_MIXED_SOURCES'

  constructor(table: string, tensor: string) {
    super(`${table} is a table and ${tensor} holds images or arrays: one run learns from one kind, leave one out`)
  }
}

/** Images or arrays without labels, where labels are needed. */
export class UnlabelledError extends Error {
  override readonly name = 'UnlabelledError'
  readonly code = 'ERR_UNLABELLED'

  constructor(source: string) {
    super(
      `${source} says nothing about labels: put the images of each class into a folder named after it, ` +
        `${source}/CLASS/image.png, or add an array y to the .npz`
    )
  }
}

/** Infinity among the values. */
export class NotFiniteError extends Error {
  override readonly name = 'NotFiniteError'
  readonly code = 'ERR_NOT_FINITE'

  constructor(place: string, value: number) {
    super(`${place} holds ${value}: correct it, or write NaN for a missing value`)
  }
}

/** Nobody said which column of a table to predict. */
export class LabelNeededError extends Error {
  override readonly name = 'LabelNeededError'
  readonly code = 'ERR_LABEL_NEEDED'

  constructor(source: string, hint: string) {
    super(`--data ${source} needs --label COLUMN, the column to predict${hint}`)
  }
}
