import { z } from 'zod'
import {
  decodeRecord,
  encodeRecord,
  field,
  MAX_CUT,
  MAX_DELTA_HEADER_BYTES,
  type RecordKind
} from '../envelope/index.ts'

const MAX_REQUEST_BYTES = 512

/** An answer holds one sealed record (a header or a checkpoint announcement) and the map around it. */
export const MAX_STATE_ANSWER_BYTES = 4096 + 256

const request = z.object({
  v: z.literal(1),
  run: field.recordReference,
  /** A public copy, the newest checkpoint that the callee knows of, or the members that it knows to have closed. */
  want: z.enum(['copy', 'checkpoint', 'closed']),
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
  /** Length of what follows: of the copy, 4 bytes a parameter, or of the list of closed members; 0 for checkpoints. */
  bytes: field.uint32,
  /** Bytes of the copy that are left out, for the caller has them; all follow when absent. */
  from: z.exactOptional(field.uint32),
  ...field.extensible
})
export type StateAnswer = z.infer<typeof answer>

/** As many members as a sealed checkpoint may name, and the map around their headers. */
export const MAX_CLOSED_BYTES = MAX_CUT * (MAX_DELTA_HEADER_BYTES + 4) + 64

const closed = z.object({
  v: z.literal(1),
  /** The sealed headers of the members' last deltas, those with phase `done`. */
  headers: z.array(bytes).max(MAX_CUT),
  ...field.extensible
})
export type ClosedAnswer = z.infer<typeof closed>

const CLOSED: RecordKind<ClosedAnswer> = {
  name: 'closed members',
  maxBytes: MAX_CLOSED_BYTES,
  version: 1,
  schema: closed
}

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
export const parseClosed = (bytes: Uint8Array): ClosedAnswer => decodeRecord(CLOSED, bytes)
export const encodeClosed = (message: ClosedAnswer): Uint8Array => encodeRecord(CLOSED, message)
