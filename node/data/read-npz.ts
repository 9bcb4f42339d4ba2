import { readFile, stat } from 'node:fs/promises'
import type { AbortOptions } from '@libp2p/interface'
import { chooseArrays } from './choose-arrays.ts'
import { LABEL_COLUMN } from './label.ts'
import type { NpyArray } from './npy.ts'
import { numbersOf, textsOf } from './npy-values.ts'
import { ArrayShapeError, UnsupportedTypeError } from './npz-errors.ts'
import type { Table } from './table.ts'
import { requireFitting } from './tensor.ts'
import { TooMuchDataError } from './tensor-errors.ts'
import { MAX_NPZ_BYTES, openNpz } from './unpack-npz.ts'

/** Name of the column that arrays become, whatever they are called in the file: peers' files then agree. */
const ARRAY_COLUMN = 'x'

/**
 * Reads an `.npz` of NumPy: an array of rows and one of labels, by their names (`x` and `y`, `x_train` and `y_train`,
 * `data` and `target`, `images` and `labels`, …) or, failing that, by their shapes. Labels are numbers or text. Without
 * labels it can still be predicted. Arrays of Python objects are refused, never loaded.
 *
 * Throws the errors of `npz-errors.ts` and TooMuchDataError.
 */
export async function readNpz(path: string, options: AbortOptions = {}): Promise<Table> {
  const { size } = await stat(path)
  if (size > MAX_NPZ_BYTES) throw new TooMuchDataError(path, `${size} bytes`, MAX_NPZ_BYTES)
  return parseNpz(path, await readFile(path, { ...options }))
}

/** What `readNpz` makes of a file's bytes. */
export async function parseNpz(path: string, bytes: Buffer): Promise<Table> {
  const archive = await openNpz(path, bytes)
  const { rows, labels, remark } = chooseArrays(archive)
  const [count, ...sides] = rows.shape
  if (count === undefined || count === 0 || sides.includes(0) || sides.length > 3) {
    throw new ArrayShapeError(rows.place, rows.shape, 'rows of one to three sides are needed, the number of rows first')
  }
  if (rows.type.kind === 'U' || rows.type.kind === 'S') throw new UnsupportedTypeError(rows.place, 'text')
  const shape = rowShape(sides)
  requireFitting(path, count, shape)
  const cells = labels === undefined ? undefined : labelTexts(labels, rows, count)
  return {
    source: path,
    columns: cells === undefined ? [] : [LABEL_COLUMN],
    rows: cells === undefined ? Array.from({ length: count }, () => []) : cells.map((cell) => [cell]),
    tensor: { name: ARRAY_COLUMN, shape, values: numbersOf(rows) },
    ...(remark === undefined ? {} : { remarks: [remark] })
  }
}

/** Grey images often come without their one channel. */
function rowShape(sides: readonly number[]): readonly number[] {
  if (sides.length === 0) return [1]
  return sides.length === 2 ? [...sides, 1] : sides
}

function labelTexts(labels: NpyArray, rows: NpyArray, count: number): string[] {
  const [labelCount, ...sides] = labels.shape
  if (sides.some((side) => side !== 1) || labelCount === undefined) {
    throw new ArrayShapeError(
      labels.place,
      labels.shape,
      'one label a row is needed: numpy.argmax(y, 1) of one-hot labels'
    )
  }
  if (labelCount !== count) {
    throw new ArrayShapeError(labels.place, labels.shape, `${rows.place} has ${count} rows: give each row one label`)
  }
  return textsOf(labels)
}
