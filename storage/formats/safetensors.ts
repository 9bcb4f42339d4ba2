import { compare } from 'uint8arrays/compare'
import { fromLittleEndian, littleEndian } from './little-endian.ts'
import type { Tensor } from './tensor.ts'

/** The header's length, a little-endian 64-bit number, stands before it. */
const LENGTH_BYTES = 8
/** Data begin at a multiple of this, as the reference implementation writes them (safetensors 0.3 and later). */
const ALIGNMENT_BYTES = 8
/** Room for 10,000 tensors of 100 bytes; the reference allows 100 MB, which would hold up a peer for a second. */
const MAX_HEADER_BYTES = 1024 * 1024
/** NumPy's own limit, NPY_MAXDIMS. */
const MAX_RANK = 64
const FLOAT32_BYTES = 4
/** With free text, which no peer fetches: a task of 10,000 classes and its model, escaped as JSON in JSON. */
const MAX_DESCRIBED_HEADER_BYTES = 16 * MAX_HEADER_BYTES
/** The key of free text in the header; not in checkpoints, because equal tensors must give equal bytes. */
const METADATA_KEY = '__metadata__'

/** Bytes are no valid safetensors file of float32 tensors, or tensors cannot be written as one. */
export class SafetensorsError extends Error {
  override readonly name = 'SafetensorsError'
  readonly code = 'ERR_SAFETENSORS'

  constructor(reason: string, options: { cause?: unknown } = {}) {
    super(`safetensors: ${reason}`, options)
  }
}

/** Free text of an export: names and values, both text. */
export type SafetensorsMetadata = Readonly<Record<string, string>>

/**
 * Writes tensors in the safetensors format (https://github.com/huggingface/safetensors#format), the one way that there
 * is for these tensors: sorted by name, no free metadata unless given, header padded to 8 bytes with spaces. Throws
 * SafetensorsError for a name twice or reserved, or a shape that does not match its data.
 */
export function encodeSafetensors(tensors: readonly Tensor[], metadata?: SafetensorsMetadata): Uint8Array {
  const sorted = tensors.map((tensor) => ({ tensor, key: new TextEncoder().encode(tensor.name) }))
  sorted.sort((a, b) => compare(a.key, b.key))
  const entries: [string, HeaderEntry][] = []
  let end = 0
  for (const { tensor } of sorted) {
    checkTensor(tensor)
    if (entries.at(-1)?.[0] === tensor.name) throw new SafetensorsError(`tensor ${quote(tensor.name)} is given twice`)
    const begin = end
    end += tensor.data.byteLength
    entries.push([tensor.name, { dtype: 'F32', shape: tensor.shape, data_offsets: [begin, end] }])
  }
  const described = metadata === undefined ? [] : [[METADATA_KEY, metadata] as const]
  const header = new TextEncoder().encode(toJson([...described, ...entries]))
  const maxBytes = metadata === undefined ? MAX_HEADER_BYTES : MAX_DESCRIBED_HEADER_BYTES
  if (header.byteLength > maxBytes) {
    throw new SafetensorsError(`header is ${header.byteLength} bytes, at most ${maxBytes}: use shorter names`)
  }
  const headerBytes = Math.ceil(header.byteLength / ALIGNMENT_BYTES) * ALIGNMENT_BYTES
  const bytes = new Uint8Array(LENGTH_BYTES + headerBytes + end)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true)
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + headerBytes)
  bytes.set(header, LENGTH_BYTES)
  let at = LENGTH_BYTES + headerBytes
  for (const { tensor } of sorted) {
    bytes.set(littleEndian(tensor.data), at)
    at += tensor.data.byteLength
  }
  return bytes
}

export interface DecodeSafetensorsOptions {
  /** Refuses files larger than this many bytes. */
  readonly maxBytes?: number
}

/** Tensors with the free text beside them. */
export interface DescribedTensors {
  readonly tensors: Tensor[]
  /** Empty where the file has none. */
  readonly metadata: SafetensorsMetadata
}

/**
 * Reads a safetensors file that a stranger may have made. Only float32 is read; tensors must fill the data without gap
 * or overlap. The answer, sorted by name, holds copies, as large as the data together.
 *
 * Throws SafetensorsError and nothing else.
 */
export function decodeSafetensors(bytes: Uint8Array, { maxBytes }: DecodeSafetensorsOptions = {}): Tensor[] {
  if (maxBytes !== undefined && bytes.byteLength > maxBytes) {
    throw new SafetensorsError(`file is ${bytes.byteLength} bytes, at most ${maxBytes} are accepted`)
  }
  return decodeParts(split(bytes, MAX_HEADER_BYTES)).tensors
}

/**
 * The same with the free text of an export, whose header may be longer: for files that the user names, not for those
 * that peers send. Throws SafetensorsError and nothing else.
 */
export function decodeDescribedSafetensors(bytes: Uint8Array): DescribedTensors {
  return decodeParts(split(bytes, MAX_DESCRIBED_HEADER_BYTES))
}

function decodeParts({ header, data }: FileParts): DescribedTensors {
  const { [METADATA_KEY]: metadata = {}, ...entries } = parseHeader(header)
  const checked = Object.entries(entries).map(([name, entry]) => parseEntry(name, entry, data.byteLength))
  checkContiguous(checked, data.byteLength)
  const tensors = checked.map(({ name, shape, begin, end }) => {
    return { name, shape, data: fromLittleEndian(data.subarray(begin, end)), key: new TextEncoder().encode(name) }
  })
  tensors.sort((a, b) => compare(a.key, b.key))
  return {
    tensors: tensors.map(({ name, shape, data }) => ({ name, shape, data })),
    metadata: metadata as SafetensorsMetadata
  }
}

interface HeaderEntry {
  readonly dtype: 'F32'
  readonly shape: readonly number[]
  readonly data_offsets: readonly [number, number]
}

interface CheckedEntry {
  readonly name: string
  readonly shape: readonly number[]
  readonly begin: number
  readonly end: number
}

function checkTensor({ name, shape, data }: Tensor): void {
  if (name === METADATA_KEY) throw new SafetensorsError(`a tensor cannot be named ${METADATA_KEY}`)
  if (!name.isWellFormed()) throw new SafetensorsError(`tensor name ${quote(name)} is not valid Unicode`)
  const elements = elementsOf(name, shape, data.length)
  if (elements !== data.length) {
    throw new SafetensorsError(`tensor ${quote(name)} of shape [${shape}] needs ${elements} values, has ${data.length}`)
  }
}

/** Written out, because an object would move names such as "1" to the front. */
function toJson(entries: readonly (readonly [string, HeaderEntry | SafetensorsMetadata])[]): string {
  return `{${entries.map(([name, entry]) => `${JSON.stringify(name)}:${JSON.stringify(entry)}`).join(',')}}`
}

interface FileParts {
  readonly header: Uint8Array
  readonly data: Uint8Array
}

function split(bytes: Uint8Array, maxHeaderBytes: number): FileParts {
  if (bytes.byteLength < LENGTH_BYTES) {
    throw new SafetensorsError(`file is ${bytes.byteLength} bytes, at least ${LENGTH_BYTES} are needed`)
  }
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getBigUint64(0, true)
  if (headerBytes > maxHeaderBytes) {
    throw new SafetensorsError(`header is ${headerBytes} bytes, at most ${maxHeaderBytes} are accepted`)
  }
  const begin = LENGTH_BYTES + Number(headerBytes)
  if (begin > bytes.byteLength) {
    throw new SafetensorsError(`header ends at byte ${begin}, the file at ${bytes.byteLength}`)
  }
  return { header: bytes.subarray(LENGTH_BYTES, begin), data: bytes.subarray(begin) }
}

function parseHeader(header: Uint8Array): Record<string, unknown> {
  if (header[0] !== 0x7b) throw new SafetensorsError('header does not begin with {')
  let parsed: unknown
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header))
  } catch (cause) {
    throw new SafetensorsError('header is not JSON', { cause })
  }
  const { [METADATA_KEY]: metadata } = parsed as Record<string, unknown>
  const isText = isRecord(metadata) && Object.values(metadata).every((value) => typeof value === 'string')
  if (metadata !== undefined && !isText) throw new SafetensorsError(`${METADATA_KEY} is not a map of strings`)
  return parsed as Record<string, unknown>
}

function parseEntry(name: string, entry: unknown, dataBytes: number): CheckedEntry {
  if (!isRecord(entry)) throw new SafetensorsError(`entry ${quote(name)} is not an object`)
  const { dtype, shape, data_offsets: offsets } = entry
  if (dtype !== 'F32') throw new SafetensorsError(`tensor ${quote(name)} has dtype ${quote(dtype)}, only F32 is read`)
  if (!Array.isArray(shape) || shape.length > MAX_RANK) {
    throw new SafetensorsError(`tensor ${quote(name)} needs a shape of at most ${MAX_RANK} dimensions`)
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(Number.isSafeInteger)) {
    throw new SafetensorsError(`tensor ${quote(name)} needs two whole numbers as data_offsets`)
  }
  const [begin, end] = offsets as [number, number]
  if (begin < 0 || end < begin || end > dataBytes) {
    throw new SafetensorsError(`tensor ${quote(name)} lies at ${begin} to ${end}, the data are ${dataBytes} bytes`)
  }
  const elements = elementsOf(name, shape, dataBytes / FLOAT32_BYTES)
  if (elements * FLOAT32_BYTES !== end - begin) {
    throw new SafetensorsError(`tensor ${quote(name)} of shape [${shape}] does not fill ${end - begin} bytes`)
  }
  return { name, shape: shape as number[], begin, end }
}

/** Product of a shape; refuses what is no shape and stops before it overflows. */
function elementsOf(name: string, shape: readonly unknown[], limit: number): number {
  const isShape = shape.every((size) => Number.isSafeInteger(size) && (size as number) >= 0)
  if (!isShape) throw new SafetensorsError(`tensor ${quote(name)} has a dimension that is no whole number`)
  const sizes = shape as readonly number[]
  if (sizes.includes(0)) return 0
  let elements = 1
  for (const size of sizes) {
    elements *= size
    if (elements > limit)
      throw new SafetensorsError(`tensor ${quote(name)} of shape [${shape}] is larger than its data`)
  }
  return elements
}

function checkContiguous(entries: readonly CheckedEntry[], dataBytes: number): void {
  let at = 0
  for (const { name, begin, end } of entries.toSorted((a, b) => a.begin - b.begin || a.end - b.end)) {
    if (begin !== at)
      throw new SafetensorsError(`tensor ${quote(name)} begins at byte ${begin} of the data, not at ${at}`)
    at = end
  }
  if (at !== dataBytes) throw new SafetensorsError(`tensors fill ${at} bytes, the data are ${dataBytes}`)
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A name from a stranger in a message: short, on one line. */
function quote(value: unknown): string {
  return JSON.stringify(typeof value === 'string' ? value.slice(0, 60) : typeof value)
}
