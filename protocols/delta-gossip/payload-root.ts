import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'

/** Largest block: 4 MiB blocks hang bitswap on both Helia and Kubo (DESIGN 10). */
export const MAX_BLOCK_BYTES = 1024 * 1024

export interface PayloadBlock {
  readonly cid: CID
  readonly bytes: Uint8Array
}

/**
 * Cuts a payload into blocks of at most 1 MiB. The last block is the root that the delta header names: the payload
 * itself when it fits one block, otherwise a DAG-CBOR list of links to its parts.
 */
export async function payloadBlocks(payload: Uint8Array): Promise<PayloadBlock[]> {
  if (payload.byteLength <= MAX_BLOCK_BYTES) return [await rawBlock(payload)]
  const blocks: PayloadBlock[] = []
  for (let from = 0; from < payload.byteLength; from += MAX_BLOCK_BYTES) {
    blocks.push(await rawBlock(payload.subarray(from, from + MAX_BLOCK_BYTES)))
  }
  const bytes = dagCbor.encode(blocks.map(({ cid }) => cid))
  return [...blocks, { cid: CID.createV1(dagCbor.code, await sha256.digest(bytes)), bytes }]
}

/** The CID that a delta header gives as `payload.root`. */
export async function payloadRoot(payload: Uint8Array): Promise<CID> {
  return (await payloadBlocks(payload)).at(-1)!.cid
}

async function rawBlock(bytes: Uint8Array): Promise<PayloadBlock> {
  return { cid: CID.createV1(raw.code, await sha256.digest(bytes)), bytes }
}
