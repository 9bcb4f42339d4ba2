import type { CID } from 'multiformats/cid'
import { z } from 'zod'
import { MAX_CUT } from './checkpoint.ts'
import type { Extensible } from './fields.ts'
import * as field from './fields.ts'
import type { RecordKind } from './record-kind.ts'
import { decodeRecord, encodeRecord } from './record-kind.ts'

/** 129 copies take under 12 KiB: two links of 41 bytes, and their names. The rest is room for extensions. */
export const MAX_CHECKPOINT_PROOF_BYTES = 64 * 1024

/** One author's version that a checkpoint mixed: what the author signed, and the copy whose hash is in it. */
export interface ProvenCopy {
  /** The sealed delta header, a raw block of its own: damage to it is damage to one author's part. */
  readonly header: CID
  /** The public copy, little-endian float32, a UnixFS file. */
  readonly copy: CID
}

/**
 * What a checkpoint derives from, complete: a plain DAG-CBOR block that the checkpoint links. Whoever holds it and what
 * it links to derives the checkpoint's weights again, without anybody's help.
 */
export interface CheckpointProof extends Extensible {
  readonly v: 1
  /**
   * The run's manifest as a raw block: the same multihash as in the run id, so it is the very block that a peer of the run
   * holds, but a pin of the proof does not go on to what the manifest links.
   */
  readonly manifest: CID
  /** In the order of the checkpoint's cut. */
  readonly copies: readonly ProvenCopy[]
}

const CHECKPOINT_PROOF: RecordKind<CheckpointProof> = {
  name: 'checkpoint proof',
  maxBytes: MAX_CHECKPOINT_PROOF_BYTES,
  version: 1,
  schema: z.object({
    v: z.literal(1),
    manifest: field.link,
    copies: z
      .array(z.object({ header: field.link, copy: field.link }))
      .min(1)
      .max(MAX_CUT),
    ...field.extensible
  }),
  links: ({ copies }) => 1 + 2 * copies.length
}

/** Throws `InvalidRecordError` when {@link parseCheckpointProof} would refuse it. */
export function encodeCheckpointProof(proof: CheckpointProof): Uint8Array {
  return encodeRecord(CHECKPOINT_PROOF, proof)
}

/** Reads a proof, at most 64 KiB. What it links to is not looked at here. Throws `InvalidRecordError`. */
export function parseCheckpointProof(bytes: Uint8Array): CheckpointProof {
  return decodeRecord(CHECKPOINT_PROOF, bytes)
}
