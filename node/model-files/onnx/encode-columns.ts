import type { OnnxElement } from '../../../storage/formats/index.ts'
import {
  type CategoryColumn,
  type Column,
  MAX_ENCODED,
  type NumberColumn,
  type TaskSchema,
  type TensorColumn
} from '../../data/index.ts'
import type { GraphBuilder, Value } from './graph-builder.ts'

/**
 * A raw value that is float32 is off by up to 2^-24 of itself. Of a column whose centre is more than 16 scales from zero
 * (years, timestamps) that is more than a millionth of a scale, so it is taken as float64.
 */
const MAX_CENTRE_SCALES = 16

/**
 * Raw columns to features, exactly as `encode.ts` and `encode-tensor.ts` encode them: numbers are moved, scaled and
 * clamped in float64 and then rounded once, NaN is a missing one; categories become one-hot, with the last slot for
 * every other text. Each column is an input [rows, 1] of its name, images and arrays one of [rows, ...shape]. Returns
 * features [rows, width] or [rows, ...shape].
 */
export function encodeColumns(graph: GraphBuilder, { columns }: TaskSchema): Value {
  const inputs = columns.map((column) => inputFor(graph, column))
  const parts: Value[] = []
  graph.enter('encode')
  for (let at = 0; at < columns.length; ) {
    const column = columns[at]!
    if (column.kind === 'number') {
      const stretch = numbersFrom(columns, at)
      parts.push(encodeNumbers(graph, stretch, inputs.slice(at, at + stretch.length)))
      at += stretch.length
      continue
    }
    parts.push(
      column.kind === 'tensor' ? encodeTensor(graph, column, inputs[at]!) : encodeCategory(graph, column, inputs[at]!)
    )
    at += 1
  }
  return join(graph, parts)
}

function inputFor(graph: GraphBuilder, column: Column): Value {
  if (column.kind === 'category') return graph.input(column.name, 'string', [1])
  return graph.input(column.name, elementOf(column), column.kind === 'tensor' ? column.shape : [1])
}

function elementOf({ centre, scale }: NumberColumn | TensorColumn): OnnxElement {
  return Math.abs(centre) / scale > MAX_CENTRE_SCALES ? 'double' : 'float'
}

/** Neighbours of one type are encoded together. */
function numbersFrom(columns: readonly Column[], start: number): NumberColumn[] {
  const stretch: NumberColumn[] = []
  for (const column of columns.slice(start)) {
    const isAlike =
      column.kind === 'number' && (stretch[0] === undefined || elementOf(column) === elementOf(stretch[0]))
    if (!isAlike) break
    stretch.push(column)
  }
  return stretch
}

function encodeNumbers(graph: GraphBuilder, columns: readonly NumberColumn[], inputs: readonly Value[]): Value {
  const centres = Float64Array.from(columns, ({ centre }) => centre)
  const scales = Float64Array.from(columns, ({ scale }) => scale)
  return normalise(graph, join(graph, inputs), centres, scales)
}

function encodeTensor(graph: GraphBuilder, { centre, scale }: TensorColumn, input: Value): Value {
  return normalise(graph, input, Float64Array.of(centre), Float64Array.of(scale))
}

/** `centres` and `scales` have shape [columns] or [1]. */
function normalise(graph: GraphBuilder, raw: Value, centres: Float64Array, scales: Float64Array): Value {
  const isMissing = graph.apply('IsNaN', [raw])
  const wide = graph.apply('Cast', [raw], { to: { int: 11 } })
  const moved = graph.apply('Sub', [wide, graph.constant(centres)])
  const scaled = graph.apply('Div', [moved, graph.constant(scales)])
  const limits = [-MAX_ENCODED, MAX_ENCODED].map((limit) => graph.constant(Float64Array.of(limit), []))
  const clamped = graph.apply('Clip', [scaled, ...limits])
  const narrow = graph.apply('Cast', [clamped], { to: { int: 1 } })
  return graph.apply('Where', [isMissing, graph.constant(Float32Array.of(0), []), narrow])
}

function encodeCategory(graph: GraphBuilder, { values }: CategoryColumn, input: Value): Value {
  const slots = values.length + 1
  const slot = graph.applyMl('LabelEncoder', [input], {
    keys_strings: { strings: values },
    values_int64s: { ints: values.map((_, index) => index) },
    default_int64: { int: values.length }
  })
  const oneHot = graph.apply('OneHot', [slot, graph.integers(slots), graph.constant(Float32Array.of(0, 1))], {
    axis: { int: -1 }
  })
  return graph.apply('Reshape', [oneHot, graph.integers(0, slots)])
}

/** Side by side. */
function join(graph: GraphBuilder, values: readonly Value[]): Value {
  return values.length === 1 ? values[0]! : graph.apply('Concat', values, { axis: { int: 1 } })
}
