/**
 * Every record that peers exchange: signing, verifying, encoding, decoding and the limits of size.
 *
 * Nothing a stranger sends reaches the rest of the program but through a `parseX` of this folder. Each checks byte length,
 * version, shape, ranges, finiteness and signature, in this order and before it allocates what is claimed; what needs
 * memory of earlier records (sequence, membership) is for the caller. A refusal is always an `InvalidRecordError` whose
 * `reason` comes from a closed list, so that refusals can be counted.
 *
 * ```ts
 * import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
 * import { authorOf, encodeInvite, openEnvelope, parseInvite, recordCid, sealEnvelope, verifyEnvelope } from './index.ts'
 *
 * const key = await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(1))
 * const body = new TextEncoder().encode('seven neighbours')
 * const sealed = await sealEnvelope('example', body, key)
 * const envelope = openEnvelope(sealed, { type: 'example', maxBytes: 1024 })
 * await verifyEnvelope(envelope, authorOf(key)) // true
 *
 * const run = recordCid(body).bytes
 * const invite = encodeInvite({ v: 1, run, network: 'public', addresses: ['/ip4/192.0.2.1/tcp/4001'] })
 * parseInvite(invite).network // 'public'
 * ```
 *
 * A protocol's own messages follow the same rules: it describes them as a `RecordKind` (or `SealedKind`, when signed) out of
 * the parts in `field`, and `decodeRecord` does the rest.
 *
 * A reference to something that may be pruned is a CID's *bytes*. Only a run manifest and a checkpoint hold IPLD links.
 */

export { addresses } from './addresses.ts'
export { AUTHOR_BYTES, authorOf, isAuthor } from './author.ts'
export type { Beacon, Role, SignedBeacon } from './beacon.ts'
export { MAX_BEACON_BYTES, parseBeacon, sealBeacon } from './beacon.ts'
export type {
  CheckpointAnnouncement,
  CheckpointManifest,
  CheckpointMetric,
  CutEntry,
  SignedCheckpointAnnouncement
} from './checkpoint.ts'
export {
  checkpointCid,
  encodeCheckpoint,
  isSealed,
  MAX_CHECKPOINT_ANNOUNCEMENT_BYTES,
  MAX_CHECKPOINT_BYTES,
  MAX_CUT,
  parseCheckpoint,
  parseCheckpointAnnouncement,
  sealCheckpointAnnouncement
} from './checkpoint.ts'
export { type CheckpointNews, parseCheckpointNews } from './checkpoint-news.ts'
export {
  type CheckpointProof,
  encodeCheckpointProof,
  type ProvenCopy,
  parseCheckpointProof
} from './checkpoint-proof.ts'
export { recordCid, recordHash } from './content-id.ts'
export type { DeltaHeader, SignedDeltaHeader } from './delta-header.ts'
export { deltaCid, MAX_DELTA_HEADER_BYTES, parseDeltaHeader, sealDeltaHeader } from './delta-header.ts'
export type { Envelope, OpenEnvelopeOptions } from './envelope.ts'
export { openEnvelope, sealEnvelope, verifyEnvelope } from './envelope.ts'
export type { RefusalReason } from './errors.ts'
export { InvalidRecordError, REFUSAL_REASONS, UnsupportedKeyError } from './errors.ts'
export type { Codec, Phase } from './fields.ts'
export * as field from './fields.ts'
export { MAX_PARAMETERS, MAX_ROUNDS } from './fields.ts'
export type { Invite, InviteFault } from './invite.ts'
export { encodeInvite, InviteError, parseInvite, refuseExpired } from './invite.ts'
export type {
  AveragingPlan,
  CategoryColumn,
  ClassificationTask,
  Column,
  NumberColumn,
  Personalisation,
  RegressionTask,
  RunManifest,
  Task,
  TensorColumn,
  TrainingPlan
} from './manifest.ts'
export { encodeManifest, MAX_MANIFEST_BYTES, manifestCid, parseManifest } from './manifest.ts'
export { refuseContradictions } from './manifest-contradictions.ts'
export { MAX_FEATURES } from './manifest-schema.ts'
export { parseTask } from './parse-task.ts'
export type { RecordKind } from './record-kind.ts'
export { decodeRecord, encodeRecord } from './record-kind.ts'
export { parseSeal, type Seal, type SealMetrics, type SignedSeal, signSeal } from './seal.ts'
export type { OpenedRecord, SealedKind } from './sealed-record.ts'
export { openRecord, sealRecord } from './sealed-record.ts'
