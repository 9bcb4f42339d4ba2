import { BLOCK_PARAMETERS, type Codec } from './codec.ts'
import { addBlock, openPayload } from './payload-block.ts'
import { PayloadError } from './payload-error.ts'

/** A public copy never holds a larger number: past it a model has diverged, and float32 sums lose their meaning. */
export const LARGEST_PARAMETER = 1e6

/** The increments of one block on their way to a sum; kept, because a mix asks for it once for every 256 parameters. */
const INCREMENTS = new Float32Array(BLOCK_PARAMETERS)

/**
 * Adds a payload to a public copy in place, bit for bit as every other holder of that copy does:
 * `step = fround(s / L)`, `a = fround(a + fround(q * step))`; for f32 and f16 `a = fround(a + increment)`.
 *
 * `copy`: shape [n]. Returns the L2 norm of the dequantised increment (float64 sums).
 * Throws PayloadError when the payload has the wrong length, a scale is negative or not finite, or the result is not
 * finite or larger than 1e6; the copy is then spoilt and must be dropped or fetched again.
 */
export function applyPayload(codec: Codec, payload: Uint8Array, copy: Float32Array): number {
  const opened = openPayload(codec, payload, copy.length)
  for (let from = 0; from < copy.length; from += BLOCK_PARAMETERS) {
    const to = Math.min(from + BLOCK_PARAMETERS, copy.length)
    addBlock(opened, copy, { from, to, at: from })
    if (!isAllowed(copy, from, to)) {
      throw new PayloadError('non-finite', `a parameter from ${from} is not finite or larger than ${LARGEST_PARAMETER}`)
    }
  }
  return Math.sqrt(opened.squares)
}

/**
 * Adds `factor` times a payload's dequantised increment to `target` in place: for arithmetic that stays inside a peer
 * and needs no exact bytes. Throws PayloadError for a wrong length or scale.
 */
export function addPayload(codec: Codec, payload: Uint8Array, target: Float32Array, factor: number): void {
  const opened = openPayload(codec, payload, target.length)
  for (let from = 0; from < target.length; from += BLOCK_PARAMETERS) {
    const to = Math.min(from + BLOCK_PARAMETERS, target.length)
    addBlock(opened, INCREMENTS.fill(0), { from, to, at: 0 })
    for (let i = from; i < to; i++) target[i] = target[i]! + factor * INCREMENTS[i - from]!
  }
}

/** Whether a public copy may hold the parameters `from` to `to`. */
function isAllowed(copy: Float32Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) if (!(Math.abs(copy[i]!) <= LARGEST_PARAMETER)) return false
  return true
}
