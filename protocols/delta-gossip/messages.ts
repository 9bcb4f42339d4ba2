import { z } from 'zod'
import { decodeRecord, encodeRecord, field, type RecordKind } from '../envelope/index.ts'
import { MAX_GAP_DELTAS } from './chain-follower.ts'

/** A request names one payload or a few deltas. */
const MAX_REQUEST_BYTES = 1024

/** An answer's head: one sealed header and the map around it. */
export const MAX_ANSWER_BYTES = 2048 + 256

const request = z.object({
  v: z.literal(1),
  run: field.recordReference,
  /** One payload by its root … */
  root: z.exactOptional(field.payloadReference),
  /** … or the deltas `from` to `to` of a start, the callee's own or of somebody whom it follows. */
  incarnation: z.exactOptional(field.incarnation),
  from: z.exactOptional(field.uint32),
  to: z.exactOptional(field.uint32),
  ...field.extensible
})

/** What is asked on the delta protocol. */
export type DeltaRequest = z.infer<typeof request>

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, { error: 'is not bytes' })

const answer = z.object({
  v: z.literal(1),
  /** Sealed header of a delta; absent where a payload alone was asked for. */
  header: z.exactOptional(bytes),
  /** Length of the payload that follows in frames of at most 1 MiB; 0 where there is none. */
  bytes: field.uint32,
  ...field.extensible
})

/** What comes before a payload. */
export type DeltaAnswer = z.infer<typeof answer>

const REQUEST: RecordKind<DeltaRequest> = {
  name: 'delta request',
  maxBytes: MAX_REQUEST_BYTES,
  version: 1,
  schema: request
}
const ANSWER: RecordKind<DeltaAnswer> = { name: 'delta answer', maxBytes: MAX_ANSWER_BYTES, version: 1, schema: answer }

/** Each throws `InvalidRecordError` for bytes that are not the message, and nothing else. */
export const parseDeltaRequest = (bytes: Uint8Array): DeltaRequest => decodeRecord(REQUEST, bytes)
export const parseDeltaAnswer = (bytes: Uint8Array): DeltaAnswer => decodeRecord(ANSWER, bytes)
export const encodeDeltaRequest = (message: DeltaRequest): Uint8Array => encodeRecord(REQUEST, message)
export const encodeDeltaAnswer = (message: DeltaAnswer): Uint8Array => encodeRecord(ANSWER, message)

/** How many deltas a request asks for; none if its range is upside down or wider than a gap that is filled. */
export function requestedRange({ from, to }: DeltaRequest): { from: number; to: number } | undefined {
  if (from === undefined || to === undefined || to < from || to - from >= MAX_GAP_DELTAS) return undefined
  return { from, to }
}
