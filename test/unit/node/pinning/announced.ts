import * as dagCbor from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import type { KeptRoot, Storage } from '../../../../storage/index.ts'
import { noise } from '../../storage/temporary-storage.ts'

/** Stores a checkpoint as an author does: a manifest that links to weights of this size and to a topology that all share. */
export async function putCheckpoint(storage: Storage, run: string, round: number, bytes: number): Promise<KeptRoot> {
  const topology = await storage.putFile(noise(3000, 7))
  return storage.checkpoints.put({
    run,
    seq: round,
    round,
    createdAt: await storage.checkpoints.afterLatest(run, Date.now()),
    weights: noise(bytes, run.length * 100_003 + round),
    encode: (links: { weights: CID }) => dagCbor.encode({ run, round, model: topology, ...links })
  })
}
