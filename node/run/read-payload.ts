import * as dagCbor from '@ipld/dag-cbor'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { concat } from 'uint8arrays/concat'
import type { Storage } from '../../storage/index.ts'

/** A block that is not here is as good as lost: whoever has it is asked for the whole copy instead. */
const TIMEOUT_MS = 1000

/** A stored payload of exactly `bytes` bytes; undefined where it is not whole. */
export async function readPayload(
  { getBlock }: Pick<Storage, 'getBlock'>,
  root: CID | undefined,
  bytes: number
): Promise<Uint8Array | undefined> {
  if (root === undefined) return undefined
  try {
    const payload = await read(root, (cid) => getBlock(cid, { timeoutMs: TIMEOUT_MS }))
    return payload.byteLength === bytes ? payload : undefined
  } catch {
    return undefined
  }
}

/** One raw block, or a list of links to such: `payloadBlocks` cut it. */
async function read(root: CID, getBlock: (cid: CID) => Promise<Uint8Array>): Promise<Uint8Array> {
  const block = await getBlock(root)
  if (root.code === raw.code) return block
  const parts: Uint8Array[] = []
  for (const link of dagCbor.decode<unknown[]>(block)) {
    const cid = CID.asCID(link)
    if (cid?.code === raw.code) parts.push(await getBlock(cid))
  }
  return concat(parts)
}
