import type { Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { InvalidRecordError } from './envelope/index.ts'
import { framesOf } from './frames.ts'

/** Bulk travels in frames of this size: large enough to cost little, small enough to leave room for other streams. */
const CHUNK_BYTES = 256 * 1024

/** Slowest sender that is waited for: a 1 M parameter model in int4 takes 8 s at this rate. */
const SLOWEST_BYTES_PER_SECOND = 64 * 1024

/** Room for a round trip and a busy event loop on both sides. */
const FIXED_DEADLINE_MS = 10_000

/** Deadline for moving `bytes` in one direction. */
export function transferSignal(bytes: number): AbortSignal {
  return AbortSignal.timeout(Math.ceil(FIXED_DEADLINE_MS + (1000 * bytes) / SLOWEST_BYTES_PER_SECOND))
}

/** The longest frame where messages have at most `maxMessageBytes` and bulk travels too. */
export function bulkFrameBytes(maxMessageBytes: number): number {
  return Math.max(CHUNK_BYTES, maxMessageBytes)
}

/** Length-prefixed frames for messages of at most `maxMessageBytes` and chunks of bulk. */
export function bulkFrames(stream: Stream, maxMessageBytes: number): LengthPrefixedStream {
  return framesOf(stream, bulkFrameBytes(maxMessageBytes))
}

/** Writes `bytes` as frames. The reader must know the length. */
export async function writeBulk(frames: LengthPrefixedStream, bytes: Uint8Array, signal: AbortSignal): Promise<void> {
  for (let from = 0; from < bytes.byteLength; from += CHUNK_BYTES) {
    await frames.write(bytes.subarray(from, from + CHUNK_BYTES), { signal })
  }
}

/**
 * Reads exactly `length` bytes that were written as frames. The caller bounds `length` by what it expects, not by what
 * the sender claims. Throws InvalidRecordError ('wrong-length') when a frame does not fit.
 */
export async function readBulk(
  frames: LengthPrefixedStream,
  length: number,
  signal: AbortSignal
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length; ) {
    const chunk = await frames.read({ signal })
    if (chunk.byteLength === 0 || at + chunk.byteLength > length) {
      throw new InvalidRecordError('wrong-length', `frame of ${chunk.byteLength} bytes at ${at} of ${length}`)
    }
    // A frame is a list of what the network delivered: each part is copied once, to its place.
    for (const part of chunk) {
      bytes.set(part, at)
      at += part.byteLength
    }
  }
  return bytes
}
