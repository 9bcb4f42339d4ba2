import type { Helia } from '@helia/interface'
import type { BlockDecoder } from 'multiformats'
import { createUnsafe } from 'multiformats/block'
import type { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { identity } from 'multiformats/hashes/identity'
import { blockKey } from './block-key.ts'
import { BlockNotFoundError, type ReadBlock } from './block-reader.ts'
import type { PeerBlockstore } from './blocks.ts'
import { createBulkReader, type OpenBulk } from './bulk-reader.ts'

/** Blocks asked for together: hides a round trip of 100 ms at 100 Mbit/s, and holds at most 16 MiB. */
const CONCURRENCY = 16

/** What a root leads to is larger than was allowed. */
export class DagTooLargeError extends Error {
  override readonly name = 'DagTooLargeError'
  readonly code = 'ERR_DAG_TOO_LARGE'

  constructor(root: CID, maxBytes: number) {
    super(`what ${root} links to is larger than ${maxBytes} bytes: allow more only if you trust its author`)
  }
}

/** A block does not hold what the codec in its CID says, or has a codec that this program does not read. */
export class InvalidBlockError extends Error {
  override readonly name = 'InvalidBlockError'
  readonly code = 'ERR_INVALID_BLOCK'

  constructor(cid: CID, cause: unknown) {
    super(`block ${cid} is not valid for codec 0x${cid.code.toString(16)}: whoever made it is at fault`, { cause })
  }
}

export interface FetchDagOptions {
  readonly signal: AbortSignal
  /** True asks nobody else. */
  readonly offline: boolean
  /** Most bytes that all blocks together may have. */
  readonly maxBytes: number
}

export interface DagSize {
  readonly blocks: number
  readonly bytes: number
}

export interface Reachable {
  /** Keys of all blocks that the roots lead to, present or not. */
  readonly keys: ReadonlySet<string>
  /** Blocks among them that are not in this home. */
  readonly missing: readonly CID[]
}

/** Reads whole DAGs: raw, dag-pb and dag-cbor blocks and everything they link to. */
export interface DagReader {
  /** Brings every block here. Throws DagTooLargeError, InvalidBlockError and what the block reader throws. */
  fetch(root: CID, options: FetchDagOptions): Promise<DagSize>
  /** As `fetch`, but does not read leaves that are here; answers with every block's CID. */
  complete(root: CID, options: FetchDagOptions): Promise<readonly CID[]>
  /** What the roots lead to as far as it is here. A root that is no DAG stands for itself. */
  reach(roots: Iterable<CID>): Promise<Reachable>
}

export function createDagReader(
  helia: Helia,
  blockstore: PeerBlockstore,
  read: ReadBlock,
  openBulk?: OpenBulk
): DagReader {
  const linksOf = async (cid: CID, bytes: Uint8Array) => decodeLinks(cid, bytes, () => helia.getCodec(cid.code))
  const readBounded = (root: CID, readBlock: ReadBlock, options: FetchDagOptions) => {
    let total = 0
    const reader = async (cid: CID) => {
      const bytes = await readBlock(cid, options)
      total += bytes.byteLength
      if (total > options.maxBytes) throw new DagTooLargeError(root, options.maxBytes)
      return linksOf(cid, bytes)
    }
    return { reader, total: () => total }
  }
  return {
    fetch: async (root, options) => {
      const bulk = createBulkReader(read, openBulk)
      try {
        const { reader, total } = readBounded(root, bulk.read, options)
        const { size } = await walk([root], reader)
        return { blocks: size, bytes: total() }
      } finally {
        await bulk.close()
      }
    },
    complete: async (root, options) => {
      const { reader } = readBounded(root, read, options)
      const blocks = await walk([root], async (cid) => {
        return cid.code === raw.code && (await blockstore.has(cid)) ? [] : reader(cid)
      })
      return [...blocks.values()]
    },
    reach: async (roots) => {
      const missing: CID[] = []
      const options = { signal: new AbortController().signal, offline: true }
      const blocks = await walk(roots, async (cid) => {
        if (cid.code === raw.code) {
          const isHere = cid.multihash.code === identity.code || (await blockstore.has(cid))
          if (!isHere) missing.push(cid)
          return []
        }
        try {
          return await linksOf(cid, await read(cid, options))
        } catch (error) {
          if (error instanceof BlockNotFoundError) missing.push(cid)
          else if (!(error instanceof InvalidBlockError)) throw error
          return []
        }
      })
      return { keys: new Set(Array.from(blocks.values(), blockKey)), missing }
    }
  }
}

/** The links in a block, in its order. Throws InvalidBlockError. */
export async function decodeLinks(
  cid: CID,
  bytes: Uint8Array,
  loadCodec: () => BlockDecoder<number, unknown> | Promise<BlockDecoder<number, unknown>>
): Promise<CID[]> {
  try {
    return Array.from(createUnsafe({ cid, bytes, codec: await loadCodec() }).links(), ([, link]) => link)
  } catch (cause) {
    throw new InvalidBlockError(cid, cause)
  }
}

/** Visits everything that the roots lead to once, several blocks at a time, deep before wide to bound the queue. */
async function walk(roots: Iterable<CID>, visit: (cid: CID) => Promise<readonly CID[]>): Promise<Map<string, CID>> {
  const seen = new Map<string, CID>()
  const waiting: CID[] = []
  const add = (cid: CID) => {
    const key = cid.toString()
    if (seen.has(key)) return
    seen.set(key, cid)
    waiting.push(cid)
  }
  for (const root of roots) add(root)
  const running = new Set<Promise<void>>()
  const begin = (cid: CID) => {
    const visiting = visit(cid)
      .then((links) => links.toReversed().forEach(add))
      .finally(() => running.delete(visiting))
    running.add(visiting)
  }
  try {
    while (waiting.length > 0 || running.size > 0) {
      while (waiting.length > 0 && running.size < CONCURRENCY) begin(waiting.pop()!)
      await Promise.race(running)
    }
  } finally {
    // Of a walk that failed, the first reason is told; blocks on their way still come here (BlockWants).
    for (const visiting of running) visiting.catch(() => {})
  }
  return seen
}
