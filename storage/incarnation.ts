import { randomBytes } from 'node:crypto'

/** Length of an incarnation: start time and random part, 8 bytes each (DESIGN 5). */
export const INCARNATION_BYTES = 16

/**
 * A name for this start of the process, never used before: 8 bytes start time (`now`, milliseconds since 1970, big
 * endian, so that a later start sorts after an earlier one) and 8 random bytes. A crash, a restored backup or a cloned
 * home therefore cannot use an (author, incarnation, seq) again.
 */
export function newIncarnation(now: number): Uint8Array {
  const incarnation = new Uint8Array(INCARNATION_BYTES)
  new DataView(incarnation.buffer).setBigUint64(0, BigInt(Math.floor(now)))
  incarnation.set(randomBytes(8), 8)
  return incarnation
}
