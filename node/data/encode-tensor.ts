import { clampEncoded } from './clamp-encoded.ts'
import type { EncodedFeatures } from './encode.ts'
import { NoMatchingColumnsError } from './errors.ts'
import { flatColumnName, isFlat } from './infer-tensor.ts'
import type { Normalisation } from './normalisation.ts'
import { featureCount, type TaskSchema } from './schema.ts'
import { placeOf, type Table } from './table.ts'
import { reshape, sizeOf, type Tensor } from './tensor.ts'
import { NotFiniteError } from './tensor-errors.ts'

/** Where one feature of a row comes from: its place in the tensor's row, -1 where that has none. */
interface Source extends Normalisation {
  readonly place: number
}

/**
 * Encodes the chosen rows of images or arrays: each value as a number is encoded, NaN as a missing one. Colour images of
 * a grey run are read by their luma, grey ones of a colour run widened.
 *
 * Throws ShapeMismatchError, NoMatchingColumnsError, NotFiniteError.
 */
export function encodeTensor(table: Table, own: Tensor, schema: TaskSchema, rows: readonly number[]): EncodedFeatures {
  const tensor = fit(table, own, schema)
  const sources = sourcesOf(table, tensor, schema)
  const width = featureCount(schema)
  const size = sizeOf(tensor.shape)
  const features = new Float32Array(rows.length * width)
  for (const [to, row] of rows.entries()) {
    for (let feature = 0; feature < width; feature++) {
      const { place, centre, scale } = sources[feature]!
      const value = place === -1 ? Number.NaN : tensor.values[row * size + place]!
      if (Number.isNaN(value)) continue
      if (!Number.isFinite(value)) throw new NotFiniteError(placeOf(table, row), value)
      features[to * width + feature] = clampEncoded((value - centre) / scale)
    }
  }
  const missingColumns = schema.columns.filter((_, index) => sources[index]?.place === -1).map(({ name }) => name)
  const remarks = [...(table.remarks ?? []), ...remarksOn(table, own, tensor)]
  const notes = { ignoredColumns: [], missingColumns, missingLabels: 0, unknownCategories: [], remarks }
  return { features, count: rows.length, featureCount: width, notes }
}

function fit(table: Table, own: Tensor, schema: TaskSchema): Tensor {
  const [column] = schema.columns
  if (column?.kind !== 'tensor') return own
  const first = table.names?.[0] === undefined ? table.source : placeOf(table, 0)
  return reshape(own, column.shape, first)
}

function sourcesOf(table: Table, tensor: Tensor, { columns }: TaskSchema): readonly Source[] {
  const [column] = columns
  if (column?.kind === 'tensor') {
    const { centre, scale } = column
    return Array.from({ length: sizeOf(column.shape) }, (_, place) => ({ place, centre, scale }))
  }
  const size = isFlat(tensor.shape) ? sizeOf(tensor.shape) : 0
  const names = Array.from({ length: size }, (_, place) => flatColumnName(tensor, place))
  const places = new Map(names.map((name, place) => [name, place]))
  const sources = columns.flatMap((one) =>
    one.kind === 'number' ? { place: places.get(one.name) ?? -1, centre: one.centre, scale: one.scale } : []
  )
  const isKnown = sources.length === columns.length && sources.some(({ place }) => place !== -1)
  if (isKnown) return sources
  const expected = columns.map(({ name }) => name)
  throw new NoMatchingColumnsError(table.source, expected, size === 0 ? [tensor.name] : names)
}

function remarksOn({ source }: Table, { values: own }: Tensor, { values: fitted }: Tensor): string[] {
  if (own.length > fitted.length) return [`the images of ${source} have colour and the run's are grey: read as grey`]
  if (own.length < fitted.length) return [`the images of ${source} are grey and the run's have colour: read as colour`]
  return []
}
