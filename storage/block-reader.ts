import type { Helia } from '@helia/interface'
import type { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { sha256 } from 'multiformats/hashes/sha2'
import { equals } from 'uint8arrays/equals'
import { BlockWants, UNSYNCED, type WantOptions } from './block-wants.ts'
import type { PeerBlockstore } from './blocks.ts'
import type { BulkBlocks } from './bulk-reader.ts'
import { collect } from './collect.ts'

/** A block is not on this machine and nobody was asked for it. */
export class BlockNotFoundError extends Error {
  override readonly name = 'BlockNotFoundError'
  readonly code = 'ERR_BLOCK_NOT_FOUND'
  readonly cid: CID

  constructor(cid: CID) {
    super(`block ${cid} is not in this home, and no peer runs here to ask others: start one, then \`starling pin\` it`)
    this.cid = cid
  }
}

/** A block's hash function is none that this program checks. */
export class UnsupportedHashError extends Error {
  override readonly name = 'UnsupportedHashError'
  readonly code = 'ERR_UNSUPPORTED_HASH'

  constructor(cid: CID) {
    super(`block ${cid} is named by hash 0x${cid.multihash.code.toString(16)}, only sha2-256 and identity are known`)
  }
}

export interface ReadOptions extends WantOptions {
  /** True asks nobody else. */
  readonly offline: boolean
  /** Asked before everybody is. */
  readonly bulk?: BulkBlocks
}

/** Reads one block and checks it. */
export type ReadBlock = (cid: CID, options: ReadOptions) => Promise<Uint8Array>

/**
 * Makes a reader of blocks, from the disk or else from peers. A block that went bad on the disk is dropped and, unless
 * offline, fetched again.
 *
 * The reader throws BlockNotFoundError, UnsupportedHashError and whatever the signal's reason is.
 */
export function createBlockReader(helia: Helia, blockstore: PeerBlockstore): ReadBlock {
  const wants = new BlockWants(helia)
  return async (cid, options) => {
    if (cid.multihash.code === identity.code) return cid.multihash.digest
    if (cid.multihash.code !== sha256.code) throw new UnsupportedHashError(cid)
    if (await blockstore.has(cid)) {
      const bytes = await collect(blockstore.get(cid, options))
      if (await matches(cid, bytes)) return bytes
      await blockstore.delete(cid)
    }
    if (options.offline) throw new BlockNotFoundError(cid)
    return (await readInBulk(helia, cid, options)) ?? wants.read(cid, options)
  }
}

/** A block as it lies in the store; undefined when it is not there. */
export async function heldBlock(blockstore: PeerBlockstore, cid: CID): Promise<Uint8Array | undefined> {
  return (await blockstore.has(cid)) ? collect(blockstore.get(cid)) : undefined
}

/** Undefined where there is no such peer, or it does not give this block: what it sent is not what the CID says. */
async function readInBulk(helia: Helia, cid: CID, { bulk, signal }: ReadOptions): Promise<Uint8Array | undefined> {
  const bytes = await bulk?.get(cid.bytes)
  if (bytes === undefined || !(await matches(cid, bytes))) return
  await helia.blockstore.put(cid, bytes, Object.assign({ signal }, UNSYNCED))
  return bytes
}

/** True when bytes are what their CID says. Throws UnsupportedHashError. */
export async function matches(cid: CID, bytes: Uint8Array): Promise<boolean> {
  if (cid.multihash.code === identity.code) return equals(bytes, cid.multihash.digest)
  if (cid.multihash.code !== sha256.code) throw new UnsupportedHashError(cid)
  return equals((await sha256.digest(bytes)).digest, cid.multihash.digest)
}
