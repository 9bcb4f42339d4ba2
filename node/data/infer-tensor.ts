import { type Normalisation, normalisationOf } from './normalisation.ts'
import type { Column } from './schema.ts'
import type { Table } from './table.ts'
import { reshape, sizeOf, type Tensor, type TensorValues } from './tensor.ts'
import { MixedSourcesError } from './tensor-errors.ts'

/** Values that centre and scale are taken from: with 2^20, both are known to a few thousandths of the spread. */
const MAX_SAMPLED = 2 ** 20

/** The fractional parts of its multiples fill (0, 1) evenly, whatever the width of a row (Weyl 1916). */
const GOLDEN_RATIO = (1 + Math.sqrt(5)) / 2

/** Places of a flat array that are columns of their own, with a centre and scale each; longer ones share one. */
const MAX_FLAT_COLUMNS = 4096

/**
 * The columns of images or arrays; undefined where all tables are text. The first table's shape is the run's, in colour
 * where any table is. Throws MixedSourcesError, ShapeMismatchError.
 */
export function inferTensorColumns(tables: readonly Table[]): Column[] | undefined {
  const tensors = tables.flatMap(({ tensor }) => tensor ?? [])
  const [first] = tensors
  if (first === undefined) return undefined
  const text = tables.find(({ tensor }) => tensor === undefined)
  if (text !== undefined) {
    throw new MixedSourcesError(text.source, tables.find(({ tensor }) => tensor !== undefined)!.source)
  }
  const shape = tensors.find((tensor) => tensor.shape.at(-1) === 3 && first.shape.at(-1) === 1)?.shape ?? first.shape
  const parts = tables.map(({ source, tensor }) => reshape(tensor!, shape, source).values)
  if (isFlat(shape)) return flatColumns(first.name, shape[0]!, parts)
  return [{ name: first.name, kind: 'tensor', shape, ...normalisationOfSample(parts, Number.POSITIVE_INFINITY, 0) }]
}

/** Whether each place of a row of this shape is a column of its own: measurements rather than pixels. */
export function isFlat(shape: readonly number[]): boolean {
  return shape.length === 1 && sizeOf(shape) <= MAX_FLAT_COLUMNS
}

/** Name of the column of one place of a flat array. */
export function flatColumnName(tensor: Pick<Tensor, 'name'>, place: number): string {
  return `${tensor.name}_${place}`
}

function flatColumns(name: string, width: number, parts: readonly TensorValues[]): Column[] {
  return Array.from({ length: width }, (_, place) => ({
    name: flatColumnName({ name }, place),
    kind: 'number',
    ...normalisationOfSample(parts, width, place)
  }))
}

/** Of every `width`-th value from `place` on, or of all where the width is infinite. */
function normalisationOfSample(parts: readonly TensorValues[], width: number, place: number): Normalisation {
  const step = Number.isFinite(width) ? width : 1
  const count = parts.reduce((sum, { length }) => sum + length / step, 0)
  const sample: number[] = []
  for (const values of parts) {
    const inPart = values.length / step
    const taken = Math.ceil(Math.min(1, MAX_SAMPLED / count) * inPart)
    for (let i = 0; i < taken; i++) {
      const index = taken === inPart ? i : Math.floor(((i * GOLDEN_RATIO) % 1) * inPart)
      const value = values[index * step + place]!
      if (Number.isFinite(value)) sample.push(value)
    }
  }
  return sample.length === 0 ? { centre: 0, scale: 1 } : normalisationOf(sample)
}
