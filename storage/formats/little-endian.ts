import { endianness } from 'node:os'

/** The bytes of floats in the order of every format here; on the rare big-endian machine the four bytes of each are swapped. */
export function littleEndian(floats: Float32Array): Uint8Array {
  const bytes = new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength)
  return endianness() === 'LE' ? bytes : Buffer.from(bytes).swap32()
}

/** A copy: the file's bytes need not be aligned. (Not `slice`, which does not copy a Buffer.) */
export function fromLittleEndian(bytes: Uint8Array): Float32Array {
  const copy = new Uint8Array(bytes)
  return new Float32Array(endianness() === 'LE' ? copy.buffer : Buffer.from(copy.buffer).swap32().buffer)
}
