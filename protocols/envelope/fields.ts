/** The kinds of field that several records share, as zod schemas. Compiled once, when the module loads. */
import type { CID } from 'multiformats/cid'
import { CID as Cid } from 'multiformats/cid'
import { z } from 'zod'
import { AUTHOR_BYTES, isAuthor } from './author.ts'
import { CID_BYTES, DAG_CBOR_CODEC, isCidBytes, RAW_CODEC, SHA256_BYTES } from './content-id.ts'

/** Start time and 8 random bytes (DESIGN 5). */
const INCARNATION_BYTES = 16
/** Of a swarm key (storage/swarm-key.ts). */
const FINGERPRINT_BYTES = 8
const MAX_UINT32 = 0xffff_ffff
/** ECMAScript's last representable instant, in milliseconds since 1970 (ECMA-262, 21.4.1.1). */
const MAX_TIME_MS = 8.64e15

/**
 * The largest model, in parameters: a copy is 256 MiB, and a peer with k = 6 keeps nine of them
 * (`(k + 3) * 4` bytes a parameter), which is what an 8 GiB machine can spare.
 */
export const MAX_PARAMETERS = 64 * 1024 * 1024
/** 1e7 rounds of one second are four months; the bound keeps arithmetic on round numbers exact with room to spare. */
export const MAX_ROUNDS = 1e7

export const uint32 = z.int().min(0).max(MAX_UINT32)
export const nonNegative = z.number().min(0)
export const timeMs = z.int().min(0).max(MAX_TIME_MS)
export const parameterCount = z.int().min(1).max(MAX_PARAMETERS)
export const fraction = z.number().min(0).max(1)

/** Quantisers that this version speaks (ALGORITHMS 1). */
export const codec = z.enum(['f32', 'f16', 'int8', 'int4'])
export type Codec = z.infer<typeof codec>

/** What a peer does at this round: see DESIGN 5, "The end". */
export const phase = z.enum(['training', 'closing', 'done'])
export type Phase = z.infer<typeof phase>

export const hash32 = bytes(SHA256_BYTES)
export const incarnation = bytes(INCARNATION_BYTES)
export const fingerprint = bytes(FINGERPRINT_BYTES)

export const author = z.custom<Uint8Array>(isAuthor, {
  error: `is not the ${AUTHOR_BYTES} bytes of an Ed25519 PeerId`
})

/** A reference to a DAG-CBOR block or a record's body as bytes: history may be pruned, and a pin follows links. */
export const recordReference = cidBytes([DAG_CBOR_CODEC], 'dag-cbor')

/** A reference to a payload: one raw block, or a DAG-CBOR list of such. */
export const payloadReference = cidBytes([RAW_CODEC, DAG_CBOR_CODEC], 'raw or dag-cbor')

/** An IPLD link, which a pin follows. */
export const link = z.custom<CID>((value) => Cid.asCID(value) !== null, { error: 'is not a link (CID)' })

/** The keys that any record may carry: extensions, and the names without which the record must not be used. */
export const extensible = {
  ext: z.exactOptional(z.record(z.string(), z.unknown())),
  critical: z.exactOptional(z.array(z.string().max(64)).max(32))
}

export interface Extensible {
  /** Extensions. This version knows none. */
  readonly ext?: Readonly<Record<string, unknown>>
  /** Keys that a reader must understand; it refuses the record otherwise. */
  readonly critical?: readonly string[]
}

/**
 * Text of `min` to `max` UTF-16 units that a terminal may print. Control characters move cursors and bidirectional
 * overrides disguise names, and these strings come from strangers (https://trojansource.codes).
 */
export function text(min: number, max: number) {
  return z
    .string()
    .min(min)
    .max(max)
    .regex(/^[^\p{Cc}\p{Bidi_Control}]*$/u, { error: 'contains control characters' })
}

function bytes(length: number) {
  return z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === length, {
    error: `is not ${length} bytes`
  })
}

function cidBytes(codecs: readonly number[], name: string) {
  return z.custom<Uint8Array>((value) => isCidBytes(value, codecs), {
    error: `is not the ${CID_BYTES} bytes of a CIDv1 (${name}, sha2-256)`
  })
}
