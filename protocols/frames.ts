import type { Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { InvalidRecordError } from './envelope/index.ts'

/** A length prefix of four bytes names up to 256 MiB, far more than any frame may hold. */
const MAX_PREFIX_BYTES = 4

/** What libp2p's length-prefixed streams throw for a length out of bounds, before anything is allocated for it. */
const LENGTH_ERRORS: ReadonlySet<string> = new Set(['InvalidDataLengthError', 'InvalidDataLengthLengthError'])

/** Messages with their lengths before them on a stream, none longer than `maxBytes`. */
export function framesOf(stream: Stream, maxBytes: number): LengthPrefixedStream {
  return lpStream(stream, { maxDataLength: maxBytes, lengthDecoder: decodeLength })
}

/**
 * An unsigned varint (https://github.com/multiformats/unsigned-varint) from its first bytes. Throws RangeError while it
 * goes on, by which libp2p knows that it must read another byte, and InvalidRecordError for one that is too long: left to
 * itself libp2p reads and keeps a prefix that never ends.
 */
export function decodeLength(prefix: { readonly byteLength: number; get(index: number): number }): number {
  let length = 0
  for (let at = 0; at < prefix.byteLength; at++) {
    const byte = prefix.get(at)
    length += (byte & 0x7f) << (7 * at)
    if (byte < 0x80) return length
  }
  if (prefix.byteLength < MAX_PREFIX_BYTES) throw new RangeError('the length goes on')
  throw new InvalidRecordError('oversized', `a frame's length takes more than ${MAX_PREFIX_BYTES} bytes`)
}

/**
 * What the other side of a stream did wrong, if the error that ended the stream says so: an invalid record, or a frame
 * that claims more than any may have. Undefined for everything that happens to honest peers too.
 */
export function streamFault(error: unknown): InvalidRecordError | undefined {
  if (error instanceof InvalidRecordError) return error
  if (!(error instanceof Error) || !LENGTH_ERRORS.has(error.name)) return undefined
  return new InvalidRecordError('oversized', error.message, { cause: error })
}
