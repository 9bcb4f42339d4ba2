import { type CheckpointManifest, encodeCheckpoint } from '../../../protocols/envelope/index.ts'
import type { KeptRoot, Storage } from '../../../storage/index.ts'
import { combineCopies } from '../../verify/index.ts'
import { storeProof } from '../proofs.ts'
import { encodeWeights, type RunFiles } from '../run-files.ts'
import type { ClosedMember } from './closed-members.ts'

export interface SealedCheckpoint {
  readonly kept: KeptRoot
  /** Shape [n]. */
  readonly weights: Float32Array
}

/**
 * Derives, stores and keeps the run's last checkpoint: its rule over the last copies of these members. Whoever does it
 * with the same members gets the same bytes and the same CID, whether or not it trained. `members`: at least one.
 */
export async function storeSealedCheckpoint(
  storage: Storage,
  run: RunFiles,
  members: readonly Required<ClosedMember>[]
): Promise<SealedCheckpoint> {
  const { manifest } = run
  const rule = manifest.averaging.rule === 'mean' ? 'mean' : 'median'
  const copies = members.map(({ copy }) => new Float32Array(new Uint8Array(copy).buffer))
  const weights = await combineCopies(rule, copies)
  const checkpoint: Omit<CheckpointManifest, 'weights' | 'proof'> = {
    v: 1,
    run: run.id.bytes,
    round: manifest.training.rounds,
    parents: [],
    cut: members.map(({ signed: { header, cid } }) => ({
      author: header.author,
      incarnation: header.incarnation,
      seq: header.seq,
      delta: cid.bytes
    })),
    rule,
    model: manifest.model,
    metrics: []
  }
  const kept = await storage.checkpoints.put({
    run: run.id.toString(),
    seq: 0,
    round: checkpoint.round,
    createdAt: await storage.checkpoints.afterLatest(run.id.toString(), Date.now()),
    weights: encodeWeights(run.shared.layout, weights),
    encode: async (links) => {
      const proven = members.map(({ signed, copy }) => ({ header: signed.bytes, copy }))
      return encodeCheckpoint({ ...checkpoint, ...links, proof: await storeProof(storage, run, proven) })
    }
  })
  return { kept, weights }
}
