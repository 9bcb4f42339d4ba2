import { BLOCK_PARAMETERS, type Codec, LARGEST_CODE, payloadBytes } from './codec.ts'
import { fromHalfBits, HALF_EXPONENT } from './half-float.ts'
import { PayloadError } from './payload-error.ts'

/** A payload of the right length for its codec. */
export interface OpenPayload {
  readonly codec: Codec
  readonly view: DataView
  /** One code a parameter (int8) or two (int4, the low nibble first); empty for f32 and f16. */
  readonly codes: Int8Array
  /** Sum of the squared increments that were added so far: kept here, as a number returned is a heap object a block. */
  squares: number
}

/** The parameters `from` to `to` of a run: one block or the rest of one. */
export interface Block {
  readonly from: number
  readonly to: number
  /** Index in the vector of the parameter `from`: `from` itself, or 0 where the vector is of one block. */
  readonly at: number
}

/** Throws PayloadError when the payload is not that of `length` parameters. */
export function openPayload(codec: Codec, payload: Uint8Array, length: number): OpenPayload {
  const expected = payloadBytes(codec, length)
  if (payload.byteLength !== expected) {
    throw new PayloadError(
      'wrong-length',
      `payload is ${payload.byteLength} bytes, ${codec} of ${length} parameters is ${expected}`
    )
  }
  const { buffer, byteOffset, byteLength } = payload
  const isQuantised = codec === 'int8' || codec === 'int4'
  const codesFrom = isQuantised ? 4 * Math.ceil(length / BLOCK_PARAMETERS) : byteLength
  return {
    codec,
    view: new DataView(buffer, byteOffset, byteLength),
    codes: new Int8Array(buffer, byteOffset + codesFrom, byteLength - codesFrom),
    squares: 0
  }
}

/**
 * Adds the increments of one block to `vector`, in place, and their squares to `payload.squares`.
 * Throws PayloadError for a scale or a number that no sender may write.
 */
export function addBlock(payload: OpenPayload, vector: Float32Array, block: Block): void {
  if (payload.codec === 'f32') addFloats(payload, vector, block)
  else if (payload.codec === 'f16') addHalves(payload, vector, block)
  else if (payload.codec === 'int8') addBytes(payload, vector, block)
  else addNibbles(payload, vector, block)
}

function readStep(codec: 'int8' | 'int4', view: DataView, from: number): number {
  const block = from / BLOCK_PARAMETERS
  const scale = view.getFloat32(4 * block, true)
  if (!(scale >= 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new PayloadError('non-finite', `scale of block ${block} is ${scale}, must be finite and at least 0`)
  }
  return Math.fround(scale / LARGEST_CODE[codec])
}

// The sums of two float32 numbers below are exact in float64 up to one rounding, which the store to the vector does.

function addFloats(payload: OpenPayload, vector: Float32Array, { from, to, at }: Block): void {
  const { view } = payload
  const shift = at - from
  let squares = 0
  for (let i = from; i < to; i++) {
    const increment = view.getFloat32(4 * i, true)
    squares += increment * increment
    vector[i + shift] = vector[i + shift]! + increment
  }
  payload.squares += squares
}

function addHalves(payload: OpenPayload, vector: Float32Array, { from, to, at }: Block): void {
  const { view } = payload
  const shift = at - from
  let squares = 0
  for (let i = from; i < to; i++) {
    const half = view.getUint16(2 * i, true)
    if ((half & HALF_EXPONENT) === HALF_EXPONENT) {
      throw new PayloadError('non-finite', `increment of parameter ${i} is infinite or not a number`)
    }
    const increment = fromHalfBits(half)
    squares += increment * increment
    vector[i + shift] = vector[i + shift]! + increment
  }
  payload.squares += squares
}

function addBytes(payload: OpenPayload, vector: Float32Array, { from, to, at }: Block): void {
  const { codes, view } = payload
  const step = readStep('int8', view, from)
  const shift = at - from
  let squares = 0
  for (let i = from; i < to; i++) {
    const code = codes[i]!
    squares += code * code
    vector[i + shift] = vector[i + shift]! + Math.fround(code * step)
  }
  payload.squares += squares * step * step
}

function addNibbles(payload: OpenPayload, vector: Float32Array, { from, to, at }: Block): void {
  const { codes, view } = payload
  const step = readStep('int4', view, from)
  const shift = at - from
  const pairsEnd = to & ~1
  let squares = 0
  for (let i = from; i < pairsEnd; i += 2) {
    const pair = codes[i >> 1]!
    const low = lowNibble(pair)
    const high = pair >> 4
    squares += low * low + high * high
    vector[i + shift] = vector[i + shift]! + Math.fround(low * step)
    vector[i + shift + 1] = vector[i + shift + 1]! + Math.fround(high * step)
  }
  if (pairsEnd < to) {
    const last = lowNibble(codes[pairsEnd >> 1]!)
    squares += last * last
    vector[pairsEnd + shift] = vector[pairsEnd + shift]! + Math.fround(last * step)
  }
  payload.squares += squares * step * step
}

function lowNibble(pair: number): number {
  return (pair << 28) >> 28 // sign-extends
}
