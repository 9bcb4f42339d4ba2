import type { PrivateKey } from '@libp2p/interface'
import { z } from 'zod'
import { MAX_CUT } from './checkpoint.ts'
import { recordHash } from './content-id.ts'
import type { Extensible } from './fields.ts'
import * as field from './fields.ts'
import type { SealedKind } from './sealed-record.ts'
import { openRecord, sealRecord } from './sealed-record.ts'

/** Gossiped to every peer by every member: a quarter of what it may have is in use. */
export const MAX_SEAL_BYTES = 1024

/** What the signer measured with the sealed weights on its own held-out rows. */
export interface SealMetrics {
  readonly n: number
  readonly loss: number
  /** Of a classification: a fraction. */
  readonly accuracy?: number
  /** Of a regression: the root of the mean squared error, in the label's own unit. */
  readonly rmse?: number
}

/**
 * One peer's signature under a run's last checkpoint: "I derived this CID myself, from copies that their authors signed".
 * The sealed checkpoint has no author; it is as good as its seals are many.
 */
export interface Seal extends Extensible {
  /** CID of the run's manifest, 36 bytes. */
  readonly run: Uint8Array
  /** Who signs: PeerId, 38 bytes. A peer without data may. */
  readonly author: Uint8Array
  /** CID of the sealed checkpoint's manifest, 36 bytes. */
  readonly checkpoint: Uint8Array
  readonly round: number
  /** Authors in its cut: of two sealed checkpoints the one with more members counts. */
  readonly members: number
  /** Where the run shares metrics and the signer has rows. */
  readonly metrics?: SealMetrics
  /** The signer's clock, in milliseconds since 1970. */
  readonly createdAt: number
}

export interface SignedSeal {
  readonly seal: Seal
  readonly bytes: Uint8Array
  /** SHA-256 of the body. */
  readonly hash: Uint8Array
}

const SEAL: SealedKind<Seal> = {
  name: 'seal',
  type: 'seal',
  maxBytes: MAX_SEAL_BYTES,
  schema: z.object({
    run: field.recordReference,
    author: field.author,
    checkpoint: field.recordReference,
    round: z.int().min(0).max(field.MAX_ROUNDS),
    members: z.int().min(1).max(MAX_CUT),
    metrics: z.exactOptional(
      z.object({
        n: field.uint32,
        loss: z.number(),
        accuracy: z.exactOptional(field.fraction),
        rmse: z.exactOptional(field.nonNegative)
      })
    ),
    createdAt: field.timeMs,
    ...field.extensible
  }),
  signer: ({ author }) => author
}

/** Signs a sealed checkpoint. Throws `InvalidRecordError` and `UnsupportedKeyError`. */
export async function signSeal(seal: Seal, privateKey: PrivateKey): Promise<Uint8Array> {
  return await sealRecord(SEAL, seal, privateKey)
}

/** Reads a seal from a stranger, at most 1 KiB, and checks its signature. Throws `InvalidRecordError`. */
export async function parseSeal(bytes: Uint8Array): Promise<SignedSeal> {
  const { record, body } = await openRecord(SEAL, bytes)
  return { seal: record, bytes, hash: recordHash(body) }
}
