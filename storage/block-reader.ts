import type { Helia } from '@helia/interface'
import type { CID } from 'multiformats/cid'
import { identity } from 'multiformats/hashes/identity'
import { sha256 } from 'multiformats/hashes/sha2'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import type { SafeFsBlockstore } from './blocks.ts'

/** A block is not on this machine and nobody was asked for it. */
export class BlockNotFoundError extends Error {
  override readonly name = 'BlockNotFoundError'
  readonly code = 'ERR_BLOCK_NOT_FOUND'

  constructor(cid: CID) {
    super(`block ${cid} is not in this home, and no peer runs here to ask others: start one, then \`starling pin\` it`)
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

export interface ReadOptions {
  readonly signal: AbortSignal
  /** True asks nobody else. */
  readonly offline: boolean
}

/** Reads one block and checks it. */
export type ReadBlock = (cid: CID, options: ReadOptions) => Promise<Uint8Array>

/**
 * Makes a reader of blocks, from the disk or else from peers. A block that went bad on the disk is dropped and, unless
 * offline, fetched again.
 *
 * The reader throws BlockNotFoundError, UnsupportedHashError and whatever the signal's reason is.
 */
export function createBlockReader(helia: Helia, blockstore: SafeFsBlockstore): ReadBlock {
  return async (cid, options) => {
    if (cid.multihash.code === identity.code) return cid.multihash.digest
    if (cid.multihash.code !== sha256.code) throw new UnsupportedHashError(cid)
    if (await blockstore.has(cid)) {
      const bytes = await collect(blockstore.get(cid, options))
      if (equals((await sha256.digest(bytes)).digest, cid.multihash.digest)) return bytes
      await blockstore.delete(cid)
    }
    if (options.offline) throw new BlockNotFoundError(cid)
    return collect(helia.blockstore.get(cid, options)) // checks what peers send
  }
}

/** The parts of a block as one. */
export async function collect(parts: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const part of parts) chunks.push(part)
  return chunks.length === 1 ? chunks[0]! : concat(chunks)
}
