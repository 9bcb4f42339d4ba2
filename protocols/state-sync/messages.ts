import { z } from 'zod'
import { decodeRecord, encodeRecord, field, type RecordKind } from '../envelope/index.ts'

const MAX_REQUEST_BYTES = 512

/** An answer holds one sealed record (a header or a checkpoint announcement) and the map around it. */
export const MAX_STATE_ANSWER_BYTES = 4096 + 256

const request = z.object({
  v: z.literal(1),
  run: field.recordReference,
  /** The callee's current public copy, or the newest checkpoint that it knows of. */
  want: z.enum(['copy', 'checkpoint']),
  /** Whose copy, by peer id; the callee's own when absent. */
  author: z.exactOptional(field.author),
  /** What is here already of the copy whose sealed header has this SHA-256, after a transfer that broke. */
  held: z.exactOptional(z.object({ record: field.hash32, bytes: field.uint32 })),
  ...field.extensible
})
export type StateRequest = z.infer<typeof request>

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, { error: 'is not bytes' })

const answer = z.object({
  v: z.literal(1),
  /** The sealed newest header, or the sealed checkpoint announcement; absent when there is none yet. */
  record: z.exactOptional(bytes),
  /** Length of the copy, 4 bytes a parameter; 0 for checkpoints. */
  bytes: field.uint32,
  /** Bytes of the copy that are left out, for the caller has them; all follow when absent. */
  from: z.exactOptional(field.uint32),
  ...field.extensible
})
export type StateAnswer = z.infer<typeof answer>

const REQUEST: RecordKind<StateRequest> = {
  name: 'state request',
  maxBytes: MAX_REQUEST_BYTES,
  version: 1,
  schema: request
}
const ANSWER: RecordKind<StateAnswer> = {
  name: 'state answer',
  maxBytes: MAX_STATE_ANSWER_BYTES,
  version: 1,
  schema: answer
}

/** Each throws `InvalidRecordError` for bytes that are not the message, and nothing else. */
export const parseStateRequest = (bytes: Uint8Array): StateRequest => decodeRecord(REQUEST, bytes)
export const parseStateAnswer = (bytes: Uint8Array): StateAnswer => decodeRecord(ANSWER, bytes)
export const encodeStateRequest = (message: StateRequest): Uint8Array => encodeRecord(REQUEST, message)
export const encodeStateAnswer = (message: StateAnswer): Uint8Array => encodeRecord(ANSWER, message)
