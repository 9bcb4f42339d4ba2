import * as dagCbor from '@ipld/dag-cbor'
import { z } from 'zod'
import { addresses, decodeRecord, encodeRecord, field, type RecordKind } from '../envelope/index.ts'

/** A payload of at most this size rides along with its header (DESIGN 4); a larger one is pulled. */
export const MAX_INLINE_PAYLOAD_BYTES = 16 * 1024

/** Largest frame on a link: a sealed header of 2 KiB, an inline payload, and the map around them. */
export const MAX_FRAME_BYTES = MAX_INLINE_PAYLOAD_BYTES + 2048 + 256

/** A handshake carries up to sixteen members with their addresses. */
export const MAX_HANDSHAKE_BYTES = 64 * 1024

/** Members named in one handshake: enough to find the rest, too few to map a large network at one peer. */
export const MAX_NAMED_MEMBERS = 16

const member = z.object({ peer: field.author, addresses })

/** A peer of the run and where it listens. */
export type Member = z.infer<typeof member>

const head = z.object({ incarnation: field.incarnation, seq: field.uint32 }).nullable()

/** Newest delta of a peer; null before its first. */
export type Head = z.infer<typeof head>

const hello = z.object({
  v: z.literal(1),
  run: field.recordReference,
  /** False for peers without data: they ask for members and are always refused. */
  wantsLink: z.boolean(),
  head,
  degree: field.uint32,
  codecs: z.array(field.text(1, 16)).max(16),
  /** Where the caller listens. */
  addresses,
  ...field.extensible
})
export type Hello = z.infer<typeof hello>

const refusal = z.enum(['wrong-run', 'no-codec', 'full', 'busy', 'not-a-trainer', 'ended', 'misbehaved'])
export type LinkRefusal = z.infer<typeof refusal>

const reply = z.object({
  v: z.literal(1),
  /** Absent when the link is agreed. */
  refused: z.exactOptional(refusal),
  head,
  degree: field.uint32,
  members: z.array(member).max(MAX_NAMED_MEMBERS),
  ...field.extensible
})
export type Reply = z.infer<typeof reply>

const bytes = z.custom<Uint8Array>((value) => value instanceof Uint8Array, { error: 'is not bytes' })

const frame = z.object({
  header: z.exactOptional(bytes),
  payload: z.exactOptional(bytes),
  ping: z.exactOptional(field.uint32),
  pong: z.exactOptional(field.uint32),
  /** Number of links of the sender. */
  degree: z.exactOptional(field.uint32),
  bye: z.exactOptional(field.text(1, 64)),
  ...field.extensible
})

/** What travels on an agreed link: a delta, a round-trip probe, or a reason to part. */
export type Frame = z.infer<typeof frame>

const HELLO: RecordKind<Hello> = { name: 'link handshake', maxBytes: MAX_HANDSHAKE_BYTES, version: 1, schema: hello }
const REPLY: RecordKind<Reply> = { name: 'link answer', maxBytes: MAX_HANDSHAKE_BYTES, version: 1, schema: reply }
const FRAME: RecordKind<Frame> = { name: 'link frame', maxBytes: MAX_FRAME_BYTES, schema: frame }

/** Each throws `InvalidRecordError` for bytes that are not the message, and nothing else. */
export const parseHello = (bytes: Uint8Array): Hello => decodeRecord(HELLO, bytes)
export const parseReply = (bytes: Uint8Array): Reply => decodeRecord(REPLY, bytes)
export const parseFrame = (bytes: Uint8Array): Frame => decodeRecord(FRAME, bytes)

export const encodeHello = (message: Hello): Uint8Array => encodeRecord(HELLO, message)
export const encodeReply = (message: Reply): Uint8Array => encodeRecord(REPLY, message)
/** Several a round for each neighbour, made from records that are checked already: not checked again. */
export const encodeFrame = (message: Frame): Uint8Array => dagCbor.encode(message)
