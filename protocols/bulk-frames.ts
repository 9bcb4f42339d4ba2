import type { Stream } from '@libp2p/interface'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { InvalidRecordError } from './envelope/index.ts'
import { framesOf } from './frames.ts'

/** Bulk travels in frames of this size: large enough to cost little, small enough to leave room for other streams. */
const CHUNK_BYTES = 256 * 1024

/** Who limits its uploads sends less at once: what is on its way is what headers and probes must wait for. */
const PACED_CHUNK_BYTES = 8 * 1024

/**
 * Slowest sender that is waited for: a tenth of an uplink of 80 kB/s that serves ten neighbours at once. Nobody else
 * waits meanwhile, for requests to others go on and rounds have their grace.
 */
const SLOWEST_BYTES_PER_SECOND = 8 * 1024

/** Room for a round trip and a busy event loop on both sides. */
const FIXED_DEADLINE_MS = 10_000

/** Resolves when so many bytes of bulk may be written. Rejects when the signal fires. */
export type BulkTurn = (bytes: number, signal: AbortSignal) => Promise<void>

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

/** Writes `bytes` as frames, each when `turn` lets it. The reader must know the length. */
export async function writeBulk(
  frames: LengthPrefixedStream,
  bytes: Uint8Array,
  signal: AbortSignal,
  turn?: BulkTurn
): Promise<void> {
  const size = turn === undefined ? CHUNK_BYTES : PACED_CHUNK_BYTES
  for (let from = 0; from < bytes.byteLength; from += size) {
    const chunk = bytes.subarray(from, from + size)
    await turn?.(chunk.byteLength, signal)
    await frames.write(chunk, { signal })
  }
}

/** Where bulk is read to: whole so far up to `at`, also when reading ends with an error. */
export interface BulkTarget {
  readonly bytes: Uint8Array<ArrayBuffer>
  at: number
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
  const target = { bytes: new Uint8Array(length), at: 0 }
  await readBulkInto(frames, target, signal)
  return target.bytes
}

/** Reads what the target lacks; `onRead` hears how far it is. Throws as `readBulk`. */
export async function readBulkInto(
  frames: LengthPrefixedStream,
  target: BulkTarget,
  signal: AbortSignal,
  onRead: (at: number) => void = () => {}
): Promise<void> {
  const { bytes } = target
  while (target.at < bytes.byteLength) {
    const chunk = await frames.read({ signal })
    if (chunk.byteLength === 0 || target.at + chunk.byteLength > bytes.byteLength) {
      const where = `at ${target.at} of ${bytes.byteLength}`
      throw new InvalidRecordError('wrong-length', `frame of ${chunk.byteLength} bytes ${where}`)
    }
    // A frame is a list of what the network delivered: each part is copied once, to its place.
    for (const part of chunk) {
      bytes.set(part, target.at)
      target.at += part.byteLength
    }
    onRead(target.at)
  }
}
