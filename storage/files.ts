import type { Helia } from '@helia/interface'
import { unixfs } from '@helia/unixfs'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import type { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { concat } from 'uint8arrays/concat'
import type { ReadBlock } from './block-reader.ts'
import { type DagReader, DagTooLargeError } from './dag.ts'

/**
 * Room for the blocks that hold a file together, a 16th of the file and 1 MiB: our own layout needs 50 bytes a MiB,
 * this also admits leaves of 1 KiB.
 */
const LAYOUT_SHARE = 1 / 16
const LAYOUT_BYTES = 1024 * 1024

/** A file is larger than was allowed. */
export class FileTooLargeError extends Error {
  override readonly name = 'FileTooLargeError'
  readonly code = 'ERR_FILE_TOO_LARGE'

  constructor(cid: CID, bytes: bigint | number, maxBytes: number) {
    super(`file ${cid} takes at least ${bytes} bytes, at most ${maxBytes} are accepted: its author is at fault`)
  }
}

/** A CID names something that is no file. */
export class NotAFileError extends Error {
  override readonly name = 'NotAFileError'
  readonly code = 'ERR_NOT_A_FILE'

  constructor(cid: CID, cause?: unknown) {
    super(`${cid} is not a UnixFS file: check that the CID names a file, not a folder or a manifest`, { cause })
  }
}

export interface ReadFileOptions {
  readonly signal: AbortSignal
  readonly offline: boolean
  readonly maxBytes: number
}

/** UnixFS files, in the layout that Kubo calls `unixfs-v1-2025`: the same bytes get the same CID in both. */
export interface Files {
  /** Chunks of 1 MiB, raw leaves, CID version 1: the defaults of @helia/unixfs, on which both sides agree. */
  put(bytes: Uint8Array): Promise<CID>
  /**
   * Reads a file that a stranger may have made: what it claims, what it links to and what comes out are each held to
   * `maxBytes`. Throws FileTooLargeError, NotAFileError and what `DagReader.fetch` throws.
   */
  get(cid: CID, options: ReadFileOptions): Promise<Uint8Array>
}

export function createFiles(helia: Helia, read: ReadBlock, dag: DagReader): Files {
  const fs = unixfs(helia)
  return {
    put: (bytes) => fs.addBytes(bytes),
    get: async (cid, options) => {
      const { maxBytes } = options
      refuseClaim(cid, await read(cid, options), maxBytes)
      const maxBlockBytes = blockBytesOf(maxBytes)
      await dag.fetch(cid, { ...options, maxBytes: maxBlockBytes }).catch((error: unknown) => {
        throw error instanceof DagTooLargeError ? new FileTooLargeError(cid, maxBlockBytes, maxBytes) : error
      })
      const { signal } = options
      return unfold(cid, (child) => read(child, { signal, offline: true }), { maxBytes, maxBlockBytes })
    }
  }
}

/** Reads a file block by block from a `read` that asks nobody else. Throws FileTooLargeError, NotAFileError and what `read` throws. */
export async function unfoldFile(
  cid: CID,
  read: (cid: CID) => Promise<Uint8Array>,
  maxBytes: number
): Promise<Uint8Array> {
  refuseClaim(cid, await read(cid), maxBytes)
  return unfold(cid, read, { maxBytes, maxBlockBytes: blockBytesOf(maxBytes) })
}

function refuseClaim(cid: CID, root: Uint8Array, maxBytes: number): void {
  const { claimedBytes } = parseFileBlock(cid, root)
  if (claimedBytes > maxBytes) throw new FileTooLargeError(cid, claimedBytes, maxBytes)
}

/** What the blocks of a file may have together. */
function blockBytesOf(maxBytes: number): number {
  return maxBytes + Math.ceil(maxBytes * LAYOUT_SHARE) + LAYOUT_BYTES
}

/**
 * Puts a file's parts together, in order. A few blocks that link to each other many times make a huge file or an
 * endless walk, so a block counts as often as it is met. (Not `cat` of @helia/unixfs: an invalid block below the root
 * is an unhandled rejection there, which ends the process.)
 */
async function unfold(
  root: CID,
  read: (cid: CID) => Promise<Uint8Array>,
  { maxBytes, maxBlockBytes }: { readonly maxBytes: number; readonly maxBlockBytes: number }
): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  const waiting = [root]
  let total = 0
  let blockTotal = 0
  for (let cid = waiting.pop(); cid !== undefined; cid = waiting.pop()) {
    const bytes = await read(cid)
    const { data, links } = parseFileBlock(cid, bytes)
    blockTotal += bytes.byteLength
    total += data.byteLength
    if (total > maxBytes) throw new FileTooLargeError(root, total, maxBytes)
    if (blockTotal > maxBlockBytes) throw new FileTooLargeError(root, blockTotal, maxBytes)
    parts.push(data)
    for (const link of links.toReversed()) waiting.push(link)
  }
  return concat(parts, total)
}

interface FileBlock {
  readonly data: Uint8Array
  readonly links: readonly CID[]
  /** Size of the file below this block if its author tells the truth. */
  readonly claimedBytes: bigint
}

function parseFileBlock(cid: CID, bytes: Uint8Array): FileBlock {
  if (cid.code === raw.code) return { data: bytes, links: [], claimedBytes: BigInt(bytes.byteLength) }
  if (cid.code !== dagPb.code) throw new NotAFileError(cid)
  try {
    const { Data, Links } = dagPb.decode(bytes)
    const entry = UnixFS.unmarshal(Data ?? new Uint8Array())
    if (entry.type === 'file' || entry.type === 'raw') {
      const data = entry.data ?? new Uint8Array()
      return { data, links: Links.map(({ Hash }) => Hash), claimedBytes: entry.fileSize() }
    }
  } catch (cause) {
    throw new NotAFileError(cid, cause)
  }
  throw new NotAFileError(cid)
}
