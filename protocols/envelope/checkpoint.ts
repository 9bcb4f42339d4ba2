import type { PrivateKey } from '@libp2p/interface'
import type { CID } from 'multiformats/cid'
import { compare } from 'uint8arrays/compare'
import { equals } from 'uint8arrays/equals'
import { z } from 'zod'
import { recordCid, recordHash } from './content-id.ts'
import { InvalidRecordError } from './errors.ts'
import type { Extensible, Phase } from './fields.ts'
import * as field from './fields.ts'
import type { RecordKind } from './record-kind.ts'
import { decodeRecord, encodeRecord } from './record-kind.ts'
import type { SealedKind } from './sealed-record.ts'
import { openRecord, sealRecord } from './sealed-record.ts'

/** 129 versions in the cut and as many metrics take under 64 KiB; the rest is room for extensions. */
export const MAX_CHECKPOINT_BYTES = 256 * 1024
/** Gossiped to every peer, like a delta header. */
export const MAX_CHECKPOINT_ANNOUNCEMENT_BYTES = 2048

/** The author and its links, at most 2k with k <= 64 (DESIGN 5); of a sealed checkpoint, as many of the run's members. */
export const MAX_CUT = 129
/** Concurrent checkpoints that one may follow; authors skip their turn when they saw one, so there are few. */
const MAX_PARENTS = 16
/** A few splits for each author of the cut. */
const MAX_METRICS = 1024

/** One author's copy that the checkpoint mixed. */
export interface CutEntry {
  readonly author: Uint8Array
  readonly incarnation: Uint8Array
  readonly seq: number
  /** `deltaCid` of that version, 36 bytes: a name and not a link, since the chain may be pruned. */
  readonly delta: Uint8Array
}

/** What one author measured. */
export interface CheckpointMetric {
  readonly author: Uint8Array
  /** Which rows: "holdOut" for an author's held-out part. */
  readonly split: string
  /** Rows behind the numbers. */
  readonly n: number
  readonly loss: number
  /** Of a classification: a fraction. */
  readonly accuracy?: number
  /** Of a regression: the root of the mean squared error, in the label's own unit. */
  readonly rmse?: number
}

/**
 * A model of the run with its derivation: a plain DAG-CBOR block. Its only IPLD links are `model`, `weights` and `proof`,
 * so that pinning it recursively keeps the model and never a chain.
 *
 * A *sealed* checkpoint, the last of a run, is everybody's who holds the same copies: to be the same bytes at all of them
 * it has neither `author`, `seq` and `createdAt` nor parents and metrics, which stand in its seals; but it has a proof.
 */
export interface CheckpointManifest extends Extensible {
  readonly v: 1
  /** CID of the run's manifest, 36 bytes. */
  readonly run: Uint8Array
  /** Absent in a sealed checkpoint. */
  readonly author?: Uint8Array
  /** Of the author's newest delta. Absent in a sealed checkpoint. */
  readonly seq?: number
  readonly round: number
  /** CIDs of the checkpoints before this one, 36 bytes each. */
  readonly parents: readonly Uint8Array[]
  /** The author and its links, or the members that closed, in ascending order of author bytes, which is the order of summation. */
  readonly cut: readonly CutEntry[]
  /** How the copies were combined. */
  readonly rule: 'mean' | 'median'
  /** Topology, `model.json`. */
  readonly model: CID
  /** safetensors in UnixFS. */
  readonly weights: CID
  /** The signed copies themselves, a `CheckpointProof`. */
  readonly proof?: CID
  readonly metrics: readonly CheckpointMetric[]
  /** Absent in a sealed checkpoint. */
  readonly createdAt?: number
}

/** The signed word of a checkpoint that goes over gossip. */
export interface CheckpointAnnouncement extends Extensible {
  readonly run: Uint8Array
  readonly author: Uint8Array
  /** CID of the {@link CheckpointManifest}, 36 bytes. */
  readonly checkpoint: Uint8Array
  readonly seq: number
  readonly round: number
  readonly phase: Phase
  readonly createdAt: number
  /** As in the checkpoint's metrics. */
  readonly accuracy?: number
  readonly rmse?: number
}

export interface SignedCheckpointAnnouncement {
  readonly announcement: CheckpointAnnouncement
  readonly bytes: Uint8Array
  /** SHA-256 of the body. */
  readonly hash: Uint8Array
}

const round = z.int().min(0).max(field.MAX_ROUNDS)

const CHECKPOINT: RecordKind<CheckpointManifest> = {
  name: 'checkpoint',
  maxBytes: MAX_CHECKPOINT_BYTES,
  version: 1,
  schema: z.object({
    v: z.literal(1),
    run: field.recordReference,
    author: z.exactOptional(field.author),
    seq: z.exactOptional(field.uint32),
    round,
    parents: z.array(field.recordReference).max(MAX_PARENTS),
    cut: z
      .array(
        z.object({
          author: field.author,
          incarnation: field.incarnation,
          seq: field.uint32,
          delta: field.recordReference
        })
      )
      .min(1)
      .max(MAX_CUT),
    rule: z.enum(['mean', 'median']),
    model: field.link,
    weights: field.link,
    proof: z.exactOptional(field.link),
    metrics: z
      .array(
        z.object({
          author: field.author,
          split: field.text(1, 32),
          n: field.uint32,
          loss: z.number(),
          accuracy: z.exactOptional(field.fraction),
          rmse: z.exactOptional(field.nonNegative)
        })
      )
      .max(MAX_METRICS),
    createdAt: z.exactOptional(field.timeMs),
    ...field.extensible
  }),
  links: ({ proof }) => (proof === undefined ? 2 : 3),
  check: checkCut
}

const ANNOUNCEMENT: SealedKind<CheckpointAnnouncement> = {
  name: 'checkpoint announcement',
  type: 'checkpoint',
  maxBytes: MAX_CHECKPOINT_ANNOUNCEMENT_BYTES,
  schema: z.object({
    run: field.recordReference,
    author: field.author,
    checkpoint: field.recordReference,
    seq: field.uint32,
    round,
    phase: field.phase,
    createdAt: field.timeMs,
    accuracy: z.exactOptional(field.fraction),
    rmse: z.exactOptional(field.nonNegative),
    ...field.extensible
  }),
  signer: ({ author }) => author
}

/** Throws {@link InvalidRecordError} when {@link parseCheckpoint} would refuse it. */
export function encodeCheckpoint(checkpoint: CheckpointManifest): Uint8Array {
  return encodeRecord(CHECKPOINT, checkpoint)
}

/** Reads a checkpoint manifest, at most 256 KiB. What it derives from is not checked here. Throws {@link InvalidRecordError}. */
export function parseCheckpoint(bytes: Uint8Array): CheckpointManifest {
  return decodeRecord(CHECKPOINT, bytes)
}

/** The checkpoint's name, of its bytes as they are stored. */
export function checkpointCid(bytes: Uint8Array): CID {
  return recordCid(bytes)
}

/** Signs an announcement. Throws {@link InvalidRecordError} and `UnsupportedKeyError`. */
export async function sealCheckpointAnnouncement(
  announcement: CheckpointAnnouncement,
  privateKey: PrivateKey
): Promise<Uint8Array> {
  return await sealRecord(ANNOUNCEMENT, announcement, privateKey)
}

/** Reads an announcement from a stranger, at most 2 KiB, and checks its signature. Throws {@link InvalidRecordError}. */
export async function parseCheckpointAnnouncement(bytes: Uint8Array): Promise<SignedCheckpointAnnouncement> {
  const { record, body } = await openRecord(ANNOUNCEMENT, bytes)
  return { announcement: record, bytes, hash: recordHash(body) }
}

/** Whether it is the last one of a run, which nobody in particular made. */
export function isSealed({ author }: Pick<CheckpointManifest, 'author'>): boolean {
  return author === undefined
}

function checkCut(checkpoint: CheckpointManifest): void {
  const { author, cut } = checkpoint
  const unordered = cut.findIndex((entry, index) => index > 0 && compare(cut[index - 1]!.author, entry.author) >= 0)
  if (unordered !== -1) {
    throw new InvalidRecordError(
      'contradiction',
      `checkpoint: cut.${unordered} repeats or precedes the author before it: the cut is in ascending order of author bytes`
    )
  }
  if (author === undefined || checkpoint.seq === undefined || checkpoint.createdAt === undefined) {
    checkSealed(checkpoint)
  } else if (!cut.some((entry) => equals(entry.author, author))) {
    throw new InvalidRecordError('contradiction', 'checkpoint: its author is not in its cut')
  }
}

/** What one holder alone knows would make it another CID at the next. */
function checkSealed({ author, seq, createdAt, parents, metrics, proof }: CheckpointManifest): void {
  const own = { author, seq, createdAt, parents: parents[0], metrics: metrics[0] }
  const [name] = Object.entries(own).find(([, value]) => value !== undefined) ?? []
  if (name !== undefined) {
    throw new InvalidRecordError(
      'contradiction',
      `checkpoint: has ${name}, but not all of author, seq and createdAt: a sealed one has none of its own`
    )
  }
  if (proof === undefined) throw new InvalidRecordError('contradiction', 'checkpoint: sealed, but without a proof')
}
