/** ONNX Runtime on a file alone: raw columns in, answers out. Nothing here knows how the program encodes rows. */
import { createRequire } from 'node:module'

/** The part of `onnxruntime-node` that is used here; it is installed by `setup.sh`, apart from the program. */
interface Runtime {
  readonly InferenceSession: { create(path: string | Uint8Array): Promise<Session> }
  readonly Tensor: new (type: string, data: unknown, dims: readonly number[]) => unknown
}

interface Session {
  readonly inputMetadata: readonly {
    readonly name: string
    readonly type: string
    readonly shape: readonly (number | string)[]
  }[]
  run(feeds: Readonly<Record<string, unknown>>): Promise<Readonly<Record<string, Output>>>
  release(): Promise<void>
}

export interface Output {
  readonly data: ArrayLike<number> & ArrayLike<string>
  readonly dims: readonly number[]
}

/** Cells of a table as they stand in a file, by column, or the numbers of a tensor. */
export type RawColumns = Readonly<Record<string, readonly string[] | Float32Array>>

const { InferenceSession, Tensor } = createRequire(import.meta.url)('onnxruntime-node') as Runtime

/** Runs a model on all rows at once. `model`: path or bytes of an ONNX file. */
export async function runOnnx(
  model: string | Uint8Array,
  columns: RawColumns
): Promise<Readonly<Record<string, Output>>> {
  const session = await InferenceSession.create(model)
  try {
    const feeds = session.inputMetadata.map(({ name, type, shape }) => {
      const column = columns[name]
      if (column === undefined) throw new Error(`the graph wants ${name}, the data have ${Object.keys(columns)}`)
      return [name, tensorOf(column, type, shape.slice(1).map(Number))] as const
    })
    return await session.run(Object.fromEntries(feeds))
  } finally {
    await session.release()
  }
}

function tensorOf(column: readonly string[] | Float32Array, type: string, shape: readonly number[]): unknown {
  const size = shape.reduce((product, side) => product * side, 1)
  const dims = [column.length / size, ...shape]
  if (type === 'string') return new Tensor(type, column, dims)
  if (column instanceof Float32Array) return new Tensor(type, column, dims)
  const numbers = column.map((cell) => (cell === '' ? Number.NaN : Number(cell)))
  return new Tensor(type, type === 'float64' ? Float64Array.from(numbers) : Float32Array.from(numbers), dims)
}

/** Columns of a plain CSV: no quotes, no separators in cells. */
export function columnsOf(csv: string): Readonly<Record<string, readonly string[]>> {
  const [header, ...lines] = csv.trim().split(/\r?\n/)
  const rows = lines.map((line) => line.split(','))
  return Object.fromEntries(header!.split(',').map((name, at) => [name, rows.map((row) => row[at]!)]))
}
