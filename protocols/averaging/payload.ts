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
 * `copy`: shape [n]. Returns the L2 norm of the dequantised increment (float64 sum in index order).
 * Throws PayloadError when the payload has the wrong length, a scale is negative or not finite, or the result is not
 * finite or larger than 1e6; the copy is then spoilt and must be dropped or fetched again.
 */
export function applyPayload(codec: Codec, payload: Uint8Array, copy: Float32Array): number {
  let squares = 0
  for (const { from, increments, count } of blocksOf(codec, payload, copy.length)) {
    let largest = 0
    let bad = false
    for (let i = 0; i < count; i++) {
      const increment = increments[i]!
      squares += increment * increment
      const value = Math.fround(copy[from + i]! + increment)
      copy[from + i] = value
      const size = Math.abs(value)
      if (size > largest) largest = size
      else if (!(size <= largest)) bad = true
    }
    if (bad || largest > LARGEST_PARAMETER) {
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
  for (const { from, increments, count } of blocksOf(codec, payload, target.length)) {
    for (let i = 0; i < count; i++) target[from + i] = target[from + i]! + factor * increments[i]!
  }
}

interface IncrementBlock {
  /** Index of the block's first parameter. */
  readonly from: number
  readonly count: number
  /** Shape [256], the first `count` are valid; reused from block to block. */
  readonly increments: Float32Array
}

function* blocksOf(codec: Codec, payload: Uint8Array, length: number): Generator<IncrementBlock> {
  const expected = payloadBytes(codec, length)
  if (payload.byteLength !== expected) {
    throw new PayloadError(
      'wrong-length',
      `payload is ${payload.byteLength} bytes, ${codec} of ${length} parameters is ${expected}`
    )
  }
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength)
  const increments = new Float32Array(BLOCK_PARAMETERS)
  const scaleBytes = codec === 'f32' ? 0 : 4 * Math.ceil(length / BLOCK_PARAMETERS)
  const codes = new Int8Array(payload.buffer, payload.byteOffset + scaleBytes, payload.byteLength - scaleBytes)
  for (let from = 0; from < length; from += BLOCK_PARAMETERS) {
    const count = Math.min(BLOCK_PARAMETERS, length - from)
    if (codec === 'f32') {
      for (let i = 0; i < count; i++) increments[i] = view.getFloat32(4 * (from + i), true)
    } else {
      dequantise(codec, codes, readStep(codec, view, from), from, count, increments)
    }
    yield { from, count, increments }
  }
}

function readStep(codec: 'int8' | 'int4', view: DataView, from: number): number {
  const block = from / BLOCK_PARAMETERS
  const scale = view.getFloat32(4 * block, true)
  if (!(scale >= 0 && scale < Number.POSITIVE_INFINITY)) {
    throw new PayloadError('non-finite', `scale of block ${block} is ${scale}, must be finite and at least 0`)
  }
  return Math.fround(scale / LARGEST_CODE[codec])
}

function dequantise(
  codec: 'int8' | 'int4',
  codes: Int8Array,
  step: number,
  from: number,
  count: number,
  increments: Float32Array
): void {
  if (codec === 'int8') {
    for (let i = 0; i < count; i++) increments[i] = codes[from + i]! * step
    return
  }
  const first = from >> 1
  for (let i = 0; i < count; i += 2) {
    const pair = codes[first + (i >> 1)]!
    increments[i] = ((pair << 28) >> 28) * step // sign-extends the low nibble
    if (i + 1 < count) increments[i + 1] = (pair >> 4) * step
  }
}
