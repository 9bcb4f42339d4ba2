import { join } from 'node:path'
import type { Helia } from '@helia/interface'
import { unixfs } from '@helia/unixfs'
import type { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { sha256 } from 'multiformats/hashes/sha2'
import { equals } from 'uint8arrays/equals'
import { UnsupportedHashError } from './block-reader.ts'
import { SafeFsBlockstore } from './blocks.ts'
import { collect } from './collect.ts'
import { unfoldFile } from './files.ts'
import { BLOCKS_FOLDER } from './stores.ts'

/** A block is there, but its bytes are not those that its CID names. */
export class BlockDamagedError extends Error {
  override readonly name = 'BlockDamagedError'
  readonly code = 'ERR_BLOCK_DAMAGED'
  readonly cid: CID

  constructor(cid: CID) {
    super(`block ${cid} is damaged: its bytes do not have the hash that its name says`)
    this.cid = cid
  }
}

/** A block is not in the folder. */
export class BlockMissingError extends Error {
  override readonly name = 'BlockMissingError'
  readonly code = 'ERR_BLOCK_MISSING'
  readonly cid: CID

  constructor(cid: CID) {
    super(`block ${cid} is not here`)
    this.cid = cid
  }
}

/**
 * Blocks to be looked at and left as they are: nothing is fetched, dropped or repaired. Works beside a peer that runs in
 * the home, since a block file never changes.
 */
export interface BlockInspector {
  /** Throws BlockMissingError, BlockDamagedError, UnsupportedHashError. */
  block(cid: CID): Promise<Uint8Array>
  /** The file of a UnixFS root. Throws as `block`, FileTooLargeError and NotAFileError. */
  file(cid: CID, maxBytes: number): Promise<Uint8Array>
}

/** Looks into the block folder of a home. */
export function inspectBlocks(homeDir: string): BlockInspector {
  const blockstore = new SafeFsBlockstore(join(homeDir, BLOCKS_FOLDER))
  return inspectorOf(async (cid) => ((await blockstore.has(cid)) ? collect(blockstore.get(cid)) : undefined))
}

/** Looks at blocks from anywhere; `find` answers with a block's bytes, whole or not. */
export function inspectorOf(find: (cid: CID) => Promise<Uint8Array | undefined>): BlockInspector {
  const block = async (cid: CID) => {
    if (cid.multihash.code === identity.code) return cid.multihash.digest
    if (cid.multihash.code !== sha256.code) throw new UnsupportedHashError(cid)
    const bytes = await find(cid)
    if (bytes === undefined) throw new BlockMissingError(cid)
    if (!equals((await sha256.digest(bytes)).digest, cid.multihash.digest)) throw new BlockDamagedError(cid)
    return bytes
  }
  return { block, file: (cid, maxBytes) => unfoldFile(cid, block, maxBytes) }
}

/** The CID that a file of these bytes has in every store; nothing is stored. */
export async function fileCid(bytes: Uint8Array): Promise<CID> {
  const blockstore = { put: async (cid: CID) => cid }
  return unixfs({ blockstore } as unknown as Pick<Helia, 'blockstore'>).addBytes(bytes)
}
