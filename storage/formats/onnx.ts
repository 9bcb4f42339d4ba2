import { fromLittleEndian, littleEndian } from './little-endian.ts'
import { ATTRIBUTE_TYPES, ELEMENT_TYPES, modelProto } from './onnx-schema.ts'
import type { Tensor } from './tensor.ts'

/** IR version 8 goes with operator set 17 and ai.onnx.ml 3 (onnx/docs/Versioning.md): ONNX 1.12, of June 2022. */
const IR_VERSION = 8
const OPERATOR_SETS = [
  { domain: '', version: 17 },
  { domain: 'ai.onnx.ml', version: 3 }
] as const

/** What protobuf itself bounds a message to. */
const MAX_ONNX_BYTES = 2 ** 31 - 1

export type OnnxElement = keyof typeof ELEMENT_TYPES

export interface OnnxValue {
  readonly name: string
  readonly element: OnnxElement
  /** Sides; a name stands for one that the caller decides. */
  readonly shape: readonly (number | string)[]
}

export type OnnxAttribute =
  | { readonly float: number }
  | { readonly int: number }
  | { readonly string: string }
  | { readonly floats: readonly number[] }
  | { readonly ints: readonly number[] }
  | { readonly strings: readonly string[] }

export interface OnnxNode {
  readonly name: string
  readonly operator: string
  /** Absent for the operators of ONNX itself. */
  readonly domain?: 'ai.onnx.ml'
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly attributes?: Readonly<Record<string, OnnxAttribute>>
}

/** A constant of the graph. */
export type OnnxConstant =
  | Tensor
  | { readonly name: string; readonly shape: readonly number[]; readonly data: Float64Array }
  | { readonly name: string; readonly shape: readonly number[]; readonly data: BigInt64Array }
  | { readonly name: string; readonly shape: readonly number[]; readonly data: readonly string[] }

export interface OnnxGraph {
  readonly name: string
  /** For people. */
  readonly description?: string
  readonly inputs: readonly OnnxValue[]
  readonly outputs: readonly OnnxValue[]
  readonly nodes: readonly OnnxNode[]
  readonly constants: readonly OnnxConstant[]
}

export type OnnxMetadata = Readonly<Record<string, string>>

/** What of a file is read back: the graph itself is for others to run. */
export interface OnnxContents {
  readonly metadata: OnnxMetadata
  /** The graph's float32 constants. */
  readonly tensors: readonly Tensor[]
}

/** Bytes are no ONNX file, or its constants are not whole. */
export class OnnxError extends Error {
  override readonly name = 'OnnxError'
  readonly code = 'ERR_ONNX'

  constructor(reason: string, options: { cause?: unknown } = {}) {
    super(`onnx: ${reason}`, options)
  }
}

/** The bytes of a model with this graph, operator set 17 and ai.onnx.ml 3. Equal graphs give equal bytes. */
export function encodeOnnx(graph: OnnxGraph, metadata: OnnxMetadata): Uint8Array {
  return modelProto
    .encode({
      irVersion: IR_VERSION,
      producerName: 'starling',
      opsetImport: OPERATOR_SETS,
      graph: {
        name: graph.name,
        docString: graph.description ?? '',
        node: graph.nodes.map(nodeProto),
        initializer: graph.constants.map(tensorProto),
        input: graph.inputs.map(valueProto),
        output: graph.outputs.map(valueProto)
      },
      metadataProps: Object.entries(metadata).map(([key, value]) => ({ key, value }))
    })
    .finish()
}

/** Reads metadata and float32 constants of a file that a stranger may have made. Throws OnnxError and nothing else. */
export function decodeOnnx(bytes: Uint8Array): OnnxContents {
  if (bytes.byteLength > MAX_ONNX_BYTES) {
    throw new OnnxError(`file is ${bytes.byteLength} bytes, at most ${MAX_ONNX_BYTES} are accepted`)
  }
  const { graph, metadataProps } = decodeModel(bytes)
  if (graph === undefined || graph === null)
    throw new OnnxError('the file has no graph: it is cut short or no ONNX file')
  const metadata = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]))
  const floats = graph.initializer.filter(({ dataType }) => dataType === ELEMENT_TYPES.float)
  return { metadata, tensors: floats.map(tensorOf) }
}

interface DecodedTensor {
  readonly name: string
  readonly dims: readonly (number | { toNumber(): number })[]
  readonly dataType: number
  readonly floatData: readonly number[]
  readonly rawData: Uint8Array
  readonly dataLocation: number
}

interface DecodedModel {
  readonly graph?: { readonly initializer: readonly DecodedTensor[] } | null
  readonly metadataProps: readonly { readonly key: string; readonly value: string }[]
}

function decodeModel(bytes: Uint8Array): DecodedModel {
  try {
    return modelProto.decode(bytes) as unknown as DecodedModel
  } catch (cause) {
    throw new OnnxError('the bytes are no protobuf message: the file is cut short or no ONNX file', { cause })
  }
}

function tensorOf({ name, dims, floatData, rawData, dataLocation }: DecodedTensor): Tensor {
  const shape = dims.map(Number)
  if (dataLocation !== 0) throw new OnnxError(`constant ${quote(name)} lies in a file of its own, which is not read`)
  const data = rawData.length > 0 ? floatsOf(name, rawData) : Float32Array.from(floatData)
  const expected = shape.reduce((size, side) => size * side, 1)
  const isShape = shape.every((side) => Number.isSafeInteger(side) && side >= 0)
  if (isShape && expected === data.length) return { name, shape, data }
  throw new OnnxError(`constant ${quote(name)} of shape [${shape.slice(0, 8)}] has ${data.length} values`)
}

function floatsOf(name: string, bytes: Uint8Array): Float32Array {
  if (bytes.byteLength % Float32Array.BYTES_PER_ELEMENT === 0) return fromLittleEndian(bytes)
  throw new OnnxError(`constant ${quote(name)} has ${bytes.byteLength} bytes, which are no whole float32 values`)
}

function nodeProto({ name, operator, domain, inputs, outputs, attributes = {} }: OnnxNode) {
  const attribute = Object.entries(attributes).map(([key, value]) => attributeProto(key, value))
  return { name, opType: operator, domain: domain ?? '', input: inputs, output: outputs, attribute }
}

function attributeProto(name: string, value: OnnxAttribute) {
  const utf8 = new TextEncoder()
  if ('float' in value) return { name, type: ATTRIBUTE_TYPES.float, f: value.float }
  if ('int' in value) return { name, type: ATTRIBUTE_TYPES.int, i: value.int }
  if ('string' in value) return { name, type: ATTRIBUTE_TYPES.string, s: utf8.encode(value.string) }
  if ('floats' in value) return { name, type: ATTRIBUTE_TYPES.floats, floats: value.floats }
  if ('ints' in value) return { name, type: ATTRIBUTE_TYPES.ints, ints: value.ints }
  return { name, type: ATTRIBUTE_TYPES.strings, strings: value.strings.map((text) => utf8.encode(text)) }
}

function tensorProto({ name, shape, data }: OnnxConstant) {
  if (data instanceof Float32Array) {
    return { name, dims: shape, dataType: ELEMENT_TYPES.float, rawData: littleEndian(data) }
  }
  if (data instanceof Float64Array) {
    return {
      name,
      dims: shape,
      dataType: ELEMENT_TYPES.double,
      rawData: wideBytes(data, (view, at, value) => view.setFloat64(at, value, true))
    }
  }
  if (data instanceof BigInt64Array) {
    return {
      name,
      dims: shape,
      dataType: ELEMENT_TYPES.int64,
      rawData: wideBytes(data, (view, at, value) => view.setBigInt64(at, value, true))
    }
  }
  const texts = data as readonly string[]
  return {
    name,
    dims: shape,
    dataType: ELEMENT_TYPES.string,
    stringData: texts.map((text) => new TextEncoder().encode(text))
  }
}

/** Values of eight bytes each, little-endian. */
function wideBytes<T>(
  values: Iterable<T> & { readonly length: number },
  put: (view: DataView, at: number, value: T) => void
) {
  const bytes = new Uint8Array(8 * values.length)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const value of values) {
    put(view, at, value)
    at += 8
  }
  return bytes
}

function valueProto({ name, element, shape }: OnnxValue) {
  const dim = shape.map((side) => (typeof side === 'number' ? { dimValue: side } : { dimParam: side }))
  return { name, type: { tensorType: { elemType: ELEMENT_TYPES[element], shape: { dim } } } }
}

/** A name from a stranger in a message: short, on one line. */
function quote(name: string): string {
  return JSON.stringify(name.slice(0, 60))
}
