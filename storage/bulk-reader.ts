import type { ReadBlock } from './block-reader.ts'

/** Blocks of one peer, faster than bitswap brings them. */
export interface BulkBlocks {
  /** What the peer sends for a CID (its bytes), unchecked; undefined where it has none, or does not answer. */
  get(cid: Uint8Array): Promise<Uint8Array | undefined>
  close(): Promise<void>
}

/** Opens a way to the blocks of a connected peer; undefined where it offers none. `peer`: its id, text form. */
export type OpenBulk = (peer: string, options: { readonly signal: AbortSignal }) => Promise<BulkBlocks | undefined>

export interface BulkReader {
  readonly read: ReadBlock
  close(): Promise<void>
}

/**
 * A reader for a whole DAG: bitswap finds the first block that is not here among all connected peers, and whoever gave it
 * is asked for the others in bulk. What that peer does not give, or gives wrong, bitswap looks for again.
 */
export function createBulkReader(read: ReadBlock, open?: OpenBulk): BulkReader {
  if (open === undefined) return { read, close: async () => {} }
  let opening: Promise<BulkBlocks | undefined> | undefined
  return {
    read: async (cid, options) => {
      const bulk = await opening
      return read(cid, {
        ...options,
        ...(bulk === undefined ? {} : { bulk }),
        onSender: (peer) => {
          opening ??= open(peer, options)
        }
      })
    },
    close: async () => (await opening)?.close()
  }
}
