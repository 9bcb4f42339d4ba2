/** What can be wrong with an `.npz`. Nothing in it is ever executed. */

/** The archive or an array in it does not read. `cause`: what the decoder said. */
export class DamagedNpzError extends Error {
  override readonly name = 'DamagedNpzError'
  readonly code = 'ERR_DAMAGED_NPZ'

  constructor(source: string, reason: string, options?: ErrorOptions) {
    super(`${source} is damaged or no .npz: ${reason}; copy or save it again`, options)
  }
}

/** No array, or no way to tell which arrays are the rows and the labels. */
export class ArraysNotFoundError extends Error {
  override readonly name = 'ArraysNotFoundError'
  readonly code = 'ERR_ARRAYS_NOT_FOUND'

  constructor(source: string, names: readonly string[]) {
    const found = names.length === 0 ? 'no arrays' : `the arrays ${names.slice(0, 12).join(', ')}`
    super(`${source} holds ${found}: save rows and labels as numpy.savez(FILE, x=…, y=…), or a sheet as CSV`)
  }
}

/** A lone `.npy`, which has no room for labels. */
export class SingleArrayError extends Error {
  override readonly name = 'SingleArrayError'
  readonly code = 'ERR_SINGLE_ARRAY'

  constructor(source: string) {
    super(`${source} is a single array: save rows and labels together as numpy.savez(FILE, x=…, y=…)`)
  }
}

/** Python objects, which only running code from the file could load. */
export class PickledArrayError extends Error {
  override readonly name = 'PickledArrayError'
  readonly code = 'ERR_PICKLED_ARRAY'

  constructor(place: string) {
    super(
      `${place} holds Python objects (pickle), which are never loaded: save it as numbers or text, x.astype('float32')`
    )
  }
}

/** A type of values that is neither numbers nor text. */
export class UnsupportedTypeError extends Error {
  override readonly name = 'UnsupportedTypeError'
  readonly code = 'ERR_UNSUPPORTED_TYPE'

  constructor(place: string, type: string) {
    super(`${place} has the type ${JSON.stringify(type)}: save it as float32, as integers, or labels as text`)
  }
}

/** Arrays whose shapes are not those of rows and their labels. */
export class ArrayShapeError extends Error {
  override readonly name = 'ArrayShapeError'
  readonly code = 'ERR_ARRAY_SHAPE'

  constructor(place: string, shape: readonly number[], expected: string) {
    super(`${place} has the shape (${shape.join(', ')}), but ${expected}`)
  }
}

/** An integer that no float64 holds. */
export class InexactIntegerError extends Error {
  override readonly name = 'InexactIntegerError'
  readonly code = 'ERR_INEXACT_INTEGER'

  constructor(place: string, value: bigint) {
    super(`${place} holds ${value}, beyond 2^53, which cannot be kept exactly: make it smaller or save it as text`)
  }
}
