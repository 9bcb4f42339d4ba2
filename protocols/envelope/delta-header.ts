import type { PrivateKey } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import { z } from 'zod'
import { payloadBytes } from '../averaging/index.ts'
import { RAW_CODEC, recordCid } from './content-id.ts'
import { InvalidRecordError } from './errors.ts'
import type { Codec, Extensible, Phase } from './fields.ts'
import * as field from './fields.ts'
import type { SealedKind } from './sealed-record.ts'
import { openRecord, sealRecord } from './sealed-record.ts'

/** A header rides on every link and on gossip, and is parsed on the main thread (DESIGN 4). */
export const MAX_DELTA_HEADER_BYTES = 2048

/** Larger blocks hang bitswap on both Helia and Kubo (DESIGN 10); a larger payload is a list of blocks. */
const MAX_BLOCK_BYTES = 1024 * 1024
/** Links are at most 2k with k <= 64 (DESIGN 5); the rest is room for other rules. */
const MAX_DEGREE = 1024
/** A day. Neighbours wait for twice the median, so a round that claims more would only slow them down. */
const MAX_TRAIN_MS = 86_400_000

/** One round of one author: the signed announcement of an increment of its public copy. */
export interface DeltaHeader extends Extensible {
  /** CID of the run's manifest, 36 bytes. */
  readonly run: Uint8Array
  /** PeerId, 38 bytes. */
  readonly author: Uint8Array
  /** Start time and 8 random bytes, 16 bytes: one process start. */
  readonly incarnation: Uint8Array
  /** 0, 1, 2 … within the incarnation. */
  readonly seq: number
  /** {@link deltaCid} of the delta before this one, 36 bytes; null if and only if `seq` is 0. */
  readonly prev: Uint8Array | null
  /** SHA-256 of the copy that this delta adds to: the `stateHash` before it, or the copy that the chain starts from. */
  readonly base: Uint8Array
  readonly round: number
  readonly phase: Phase
  /** Local optimiser steps of this round. */
  readonly steps: number
  /** Time spent training, without waiting, in milliseconds. */
  readonly trainMs: number
  readonly codec: Codec
  /** Parameters in the model. */
  readonly length: number
  readonly payload: {
    /** Always {@link payloadBytes} of `codec` and `length`. */
    readonly bytes: number
    /** CID of one raw block of at most 1 MiB, or of a DAG-CBOR list of such; 36 bytes. */
    readonly root: Uint8Array
  }
  /** L2 norm of the dequantised increment. */
  readonly norm: number
  /** Links of the author when it published. */
  readonly degree: number
  /** SHA-256 of the author's public copy after this delta, little-endian float32. */
  readonly stateHash: Uint8Array
  /** Name and version of the training engine: results are bit-identical only within one. */
  readonly engine: string
  /** Rows of data, where the run shares them. */
  readonly samples?: number
  /** Mean training loss of the round, where the run shares it. */
  readonly loss?: number
  /** Privacy spent so far, in private runs. */
  readonly epsilon?: number
}

/** A header whose signature was checked, with the bytes to pass on. */
export interface SignedDeltaHeader {
  readonly header: DeltaHeader
  /** The sealed record as it arrived: forward these, they may hold keys of a newer version. */
  readonly bytes: Uint8Array
  /** SHA-256 of the body. Two of them for one (author, incarnation, seq) are equivocation. */
  readonly hash: Uint8Array
  /** The name under which the next delta refers to this one. */
  readonly cid: CID
}

const schema = z.object({
  run: field.recordReference,
  author: field.author,
  incarnation: field.incarnation,
  seq: field.uint32,
  prev: field.recordReference.nullable(),
  base: field.hash32,
  round: z.int().min(0).max(field.MAX_ROUNDS),
  phase: field.phase,
  steps: field.uint32,
  trainMs: z.number().min(0).max(MAX_TRAIN_MS),
  codec: field.codec,
  length: field.parameterCount,
  payload: z.object({ bytes: field.uint32, root: field.payloadReference }),
  norm: field.nonNegative,
  degree: z.int().min(0).max(MAX_DEGREE),
  stateHash: field.hash32,
  engine: field.text(1, 64),
  samples: z.exactOptional(field.uint32),
  loss: z.exactOptional(z.number()),
  epsilon: z.exactOptional(field.nonNegative),
  ...field.extensible
})

const DELTA_HEADER: SealedKind<DeltaHeader> = {
  name: 'delta header',
  type: 'delta',
  maxBytes: MAX_DELTA_HEADER_BYTES,
  schema,
  signer: (header) => header.author,
  check: checkTogether
}

/** Signs a header. Throws {@link InvalidRecordError} when receivers would refuse it, `UnsupportedKeyError`. */
export async function sealDeltaHeader(header: DeltaHeader, privateKey: PrivateKey): Promise<Uint8Array> {
  return await sealRecord(DELTA_HEADER, header, privateKey)
}

/**
 * Reads a header from a stranger, at most 2 KiB, and checks its signature. Sequence, run and membership are the caller's.
 * Throws {@link InvalidRecordError}.
 */
export async function parseDeltaHeader(bytes: Uint8Array): Promise<SignedDeltaHeader> {
  const { record, body } = await openRecord(DELTA_HEADER, bytes)
  const cid = deltaCid(body)
  return { header: record, bytes, hash: cid.multihash.digest, cid }
}

/**
 * CIDv1 (dag-cbor, sha2-256) of a header's *body*. It leaves the signature out, so that a chain cannot be forked by signing
 * the same body twice.
 */
export function deltaCid(body: Uint8Array): CID {
  return recordCid(body)
}

function checkTogether({ seq, prev, codec, length, payload }: DeltaHeader): void {
  if ((seq === 0) !== (prev === null)) {
    const found = prev === null ? 'no prev' : 'a prev'
    throw new InvalidRecordError('contradiction', `delta header: seq ${seq} with ${found}: only seq 0 begins a chain`)
  }
  const expected = payloadBytes(codec, length)
  if (payload.bytes !== expected) {
    const claim = `payload of ${payload.bytes} bytes`
    throw new InvalidRecordError(
      'payload-mismatch',
      `delta header: ${claim} for ${length} parameters in ${codec}, which take ${expected}`
    )
  }
  if (payload.bytes > MAX_BLOCK_BYTES && payload.root[1] === RAW_CODEC) {
    const limit = `at most ${MAX_BLOCK_BYTES} fit one raw block`
    throw new InvalidRecordError('payload-mismatch', `delta header: payload of ${payload.bytes} bytes, ${limit}`)
  }
}
