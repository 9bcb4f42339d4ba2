import { BLOCK_PARAMETERS, type Codec, LARGEST_CODE, payloadBytes } from './codec.ts'

/** A public copy never holds a larger number: past it a model has diverged, and float32 sums lose their meaning. */
export const LARGEST_PARAMETER = 1e6

/** The sender is at fault: the payload does not fit its claimed codec and length, or leads to an impossible copy. */
export class PayloadError extends Error {
  override readonly name = 'PayloadError'
  readonly code = 'ERR_PAYLOAD'
  readonly reason: 'wrong-length' | 'non-finite'

  constructor(reason: 'wrong-length' | 'non-finite', message: string) {
    super(message)
    this.reason = reason
  }
}

/**
 * Adds a payload to a public copy in place, bit for bit as every other holder of that copy does:
 * `step = fround(s / L)`, `a = fround(a + fround(q * step))`.
 *
 * `copy`: shape [n]. Returns the L2 norm of the dequantised increment (float64 sums).
 * Throws PayloadError when the payload has the wrong length, a scale is negative or not finite, or the result is not
 * finite or larger than 1e6; the copy is then spoilt and must be dropped or fetched again.
 */
export function applyPayload(codec: Codec, payload: Uint8Array, copy: Float32Array): number {
  const opened = openPayload(codec, payload, copy.length)
  let squares = 0
  for (let from = 0; from < copy.length; from += BLOCK_PARAMETERS) {
    const to = Math.min(from + BLOCK_PARAMETERS, copy.length)
    squares += addBlock(opened, copy, from, to)
    if (!isAllowed(copy, from, to)) {
      throw new PayloadError('non-finite', `a parameter from ${from} is not finite or larger than ${LARGEST_PARAMETER}`)
    }
  }
  return Math.sqrt(squares)
}

/**
 * Adds `factor` times a payload's dequantised increment to `target` in place: for arithmetic that stays inside a peer
 * and needs no exact bytes. Throws PayloadError for a wrong length or scale.
 */
export function addPayload(codec: Codec, payload: Uint8Array, target: Float32Array, factor: number): void {
  const opened = openPayload(codec, payload, target.length)
  const increments = new Float32Array(target.length)
  for (let from = 0; from < target.length; from += BLOCK_PARAMETERS) {
    const to = Math.min(from + BLOCK_PARAMETERS, target.length)
    addBlock(opened, increments, from, to)
    for (let i = from; i < to; i++) target[i] = target[i]! + factor * increments[i]!
  }
}

interface OpenPayload {
  readonly codec: Codec
  readonly view: DataView
  /** One code a parameter (int8) or two (int4, the low nibble first); empty for f32. */
  readonly codes: Int8Array
}

function openPayload(codec: Codec, payload: Uint8Array, length: number): OpenPayload {
  const expected = payloadBytes(codec, length)
  if (payload.byteLength !== expected) {
    throw new PayloadError(
      'wrong-length',
      `payload is ${payload.byteLength} bytes, ${codec} of ${length} parameters is ${expected}`
    )
  }
  const { buffer, byteOffset, byteLength } = payload
  const scaleBytes = codec === 'f32' ? byteLength : 4 * Math.ceil(length / BLOCK_PARAMETERS)
  return {
    codec,
    view: new DataView(buffer, byteOffset, byteLength),
    codes: new Int8Array(buffer, byteOffset + scaleBytes, byteLength - scaleBytes)
  }
}

/** Adds one block, the parameters `from` to `to`. Returns the sum of its squared increments. */
function addBlock({ codec, view, codes }: OpenPayload, copy: Float32Array, from: number, to: number): number {
  if (codec === 'f32') return addFloats(view, copy, from, to)
  const step = readStep(codec, view, from)
  return codec === 'int8' ? addBytes(codes, step, copy, from, to) : addNibbles(codes, step, copy, from, to)
}

function readStep(codec: 'int8' | 'int4', view: DataView, from: number): number {
  const block = from / BLOCK_PARAMETERS
  const scale = view.getFloat32(4 * block, true)
  if (!(scale >= 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new PayloadError('non-finite', `scale of block ${block} is ${scale}, must be finite and at least 0`)
  }
  return Math.fround(scale / LARGEST_CODE[codec])
}

// The sums of two float32 numbers below are exact in float64 up to one rounding, which the store to `copy` does.

function addFloats(view: DataView, copy: Float32Array, from: number, to: number): number {
  let squares = 0
  for (let i = from; i < to; i++) {
    const increment = view.getFloat32(4 * i, true)
    squares += increment * increment
    copy[i] = copy[i]! + increment
  }
  return squares
}

function addBytes(codes: Int8Array, step: number, copy: Float32Array, from: number, to: number): number {
  let squares = 0
  for (let i = from; i < to; i++) {
    const code = codes[i]!
    squares += code * code
    copy[i] = copy[i]! + Math.fround(code * step)
  }
  return squares * step * step
}

function addNibbles(codes: Int8Array, step: number, copy: Float32Array, from: number, to: number): number {
  const pairsEnd = to & ~1
  let squares = 0
  for (let i = from; i < pairsEnd; i += 2) {
    const pair = codes[i >> 1]!
    const low = lowNibble(pair)
    const high = pair >> 4
    squares += low * low + high * high
    copy[i] = copy[i]! + Math.fround(low * step)
    copy[i + 1] = copy[i + 1]! + Math.fround(high * step)
  }
  if (pairsEnd === to) return squares * step * step
  const last = lowNibble(codes[pairsEnd >> 1]!)
  copy[pairsEnd] = copy[pairsEnd]! + Math.fround(last * step)
  return (squares + last * last) * step * step
}

function lowNibble(pair: number): number {
  return (pair << 28) >> 28 // sign-extends
}

/** Whether a public copy may hold the parameters `from` to `to`. */
function isAllowed(copy: Float32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!(Math.abs(copy[i]!) <= LARGEST_PARAMETER)) return false
  return true
}
