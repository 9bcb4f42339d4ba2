import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { encodeCheckpointProof } from '../../protocols/envelope/index.ts'
import type { Storage } from '../../storage/index.ts'
import type { ProvenVersion } from '../vectors/index.ts'
import type { RunFiles } from './run-files.ts'

/**
 * Stores what a checkpoint derives from and answers with the proof's CID. To be called while the checkpoint is being put,
 * for a sweep spares only what a kept root leads to.
 */
export async function storeProof(
  storage: Pick<Storage, 'putBlock' | 'putDagCbor' | 'putFile'>,
  { manifestBytes }: Pick<RunFiles, 'manifestBytes'>,
  proven: readonly ProvenVersion[]
): Promise<CID> {
  const putRaw = async (bytes: Uint8Array) =>
    storage.putBlock(CID.createV1(raw.code, await sha256.digest(bytes)), bytes)
  const copies = []
  for (const { header, copy } of proven) {
    copies.push({ header: await putRaw(header), copy: await storage.putFile(copy) })
  }
  return storage.putDagCbor(encodeCheckpointProof({ v: 1, manifest: await putRaw(manifestBytes), copies }))
}
