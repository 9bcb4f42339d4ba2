import { readdir, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { AbortOptions } from '@libp2p/interface'
import { FsBlockstore } from 'blockstore-fs'
import { NextToLast } from 'blockstore-fs/sharding'
import type { Blockstore } from 'interface-blockstore'
import { NotFoundError } from 'interface-store'
import type { CID } from 'multiformats/cid'
import { BLOCK_EXTENSION, blockKey, keyOfFile } from './block-key.ts'
import { type FileContent, makeFolder, syncFile, syncFolder, writeFileAtomic } from './write-file-atomic.ts'

/** blockstore-fs puts a block into a folder named after the last characters of its key: 128 folders with two. */
const SHARD_CHARACTERS = 2

/** A block could not be written. */
export class BlockWriteError extends Error {
  override readonly name = 'BlockWriteError'
  readonly code = 'ERR_BLOCK_WRITE'

  constructor(cid: CID, folder: string, cause: unknown) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    super(`block ${cid} cannot be written to ${folder} (${reason}): check free space and permissions there`, { cause })
  }
}

export interface PutBlockOptions extends AbortOptions {
  /**
   * False for what can be fetched again, such as deltas: the block then reaches the disk when the system likes.
   * Default true.
   */
  readonly sync?: boolean
}

/** A block as a sweep sees it. */
export interface StoredBlock {
  readonly key: string
  /** Milliseconds since 1970. */
  readonly modifiedAt: number
  readonly bytes: number
}

export interface StoredSize {
  readonly bytes: number
  /** What that takes on the disk. */
  readonly diskBytes: number
}

/** File systems give out whole units: 4 KiB on ext4, XFS, APFS and NTFS by default. */
const DISK_UNIT_BYTES = 4096

/** What a file of this size takes on the disk. */
export function diskBytes(bytes: number): number {
  return Math.ceil(bytes / DISK_UNIT_BYTES) * DISK_UNIT_BYTES
}

/** Where a peer's blocks are: a block store that can be swept, and told what must be durable. */
export interface PeerBlockstore extends Blockstore {
  put(cid: CID, content: FileContent, options?: PutBlockOptions): Promise<CID>
  /** Deletes a block by its key; true when there was one. */
  remove(key: string): Promise<boolean>
  /** Flushes those of the given blocks that were written with `sync: false`, all such blocks when none are given. */
  commit(cids?: Iterable<CID>): Promise<void>
  /** Every block. Those that come or go meanwhile may or may not be among them. */
  entries(): AsyncIterable<StoredBlock>
  /** What all blocks take on the disk. */
  usedBytes(): Promise<number>
  /** Size of the blocks with these keys that are here. */
  sizeOf(keys: Iterable<string>): Promise<StoredSize>
}

/**
 * blockstore-fs, same layout, with writes that survive a power cut. Blocks written with `sync: false` are remembered
 * until `commit` flushes them.
 */
export class SafeFsBlockstore extends FsBlockstore implements PeerBlockstore {
  readonly #folders = new Set<string>()
  readonly #unsynced = new Set<string>()

  constructor(location: string) {
    super(location, { shardingStrategy: new NextToLast({ prefixLength: SHARD_CHARACTERS }) })
  }

  /** Throws BlockWriteError. */
  override async put(cid: CID, content: FileContent, options: PutBlockOptions = {}): Promise<CID> {
    options.signal?.throwIfAborted()
    const { sync = true } = options
    const key = blockKey(cid)
    const path = this.#pathOf(key)
    try {
      await this.#makeFolderOnce(dirname(path))
      await writeFileAtomic(path, content, { sync })
    } catch (error) {
      throw new BlockWriteError(cid, this.path, error)
    }
    if (sync) this.#unsynced.delete(key)
    else this.#unsynced.add(key)
    return cid
  }

  /** In one read: the streams of blockstore-fs take 16 for a block of 1 MiB. Throws NotFoundError. */
  override async *get(cid: CID, { signal }: AbortOptions = {}): AsyncGenerator<Uint8Array> {
    const bytes = await readFile(this.#pathOf(blockKey(cid)), { signal }).catch(ignoreMissing)
    if (bytes === undefined) throw new NotFoundError(`block ${cid} is not in ${this.path}`)
    yield bytes
  }

  override async delete(cid: CID, options: AbortOptions = {}): Promise<void> {
    options.signal?.throwIfAborted()
    await this.remove(blockKey(cid))
  }

  async remove(key: string): Promise<boolean> {
    this.#unsynced.delete(key)
    return (await unlink(this.#pathOf(key)).then(() => true, ignoreMissing)) ?? false
  }

  async commit(cids?: Iterable<CID>): Promise<void> {
    const keys = [...new Set(cids === undefined ? this.#unsynced : Array.from(cids, blockKey))]
    const unsynced = keys.filter((key) => this.#unsynced.has(key)).map((key) => ({ key, path: this.#pathOf(key) }))
    // All at once: the file system makes many files durable with few writes of its journal.
    await Promise.all(unsynced.map(({ path }) => syncFile(path).catch(ignoreMissing))) // some may be swept since
    await Promise.all(Array.from(new Set(unsynced.map(({ path }) => dirname(path))), syncFolder))
    for (const { key } of unsynced) this.#unsynced.delete(key)
  }

  async *entries(): AsyncGenerator<StoredBlock> {
    for (const folder of await readdir(this.path, { withFileTypes: true })) {
      if (!folder.isDirectory()) continue
      for (const name of await readdir(join(this.path, folder.name))) {
        const key = keyOfFile(name)
        const stats = await stat(join(this.path, folder.name, name)).catch(ignoreMissing)
        if (key !== undefined && stats !== undefined) yield { key, modifiedAt: stats.mtimeMs, bytes: stats.size }
      }
    }
  }

  /**
   * What the folder takes on the disk, as `du` tells it: folders included, and what is only half written left out. Looks at
   * every file: 0.04 s a thousand (DESIGN 6).
   */
  async usedBytes(): Promise<number> {
    let total = 0
    for await (const { bytes } of this.entries()) total += diskBytes(bytes)
    const folders = (await readdir(this.path, { withFileTypes: true })).filter((entry) => entry.isDirectory())
    return total + (1 + folders.length) * DISK_UNIT_BYTES
  }

  /** Size of the blocks with these keys that are here. */
  async sizeOf(keys: Iterable<string>): Promise<StoredSize> {
    let bytes = 0
    let disk = 0
    for (const key of keys) {
      const size = (await stat(this.#pathOf(key)).catch(ignoreMissing))?.size ?? 0
      bytes += size
      disk += diskBytes(size)
    }
    return { bytes, diskBytes: disk }
  }

  #pathOf(key: string): string {
    return join(this.path, key.slice(-SHARD_CHARACTERS), `${key}${BLOCK_EXTENSION}`)
  }

  async #makeFolderOnce(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return
    await makeFolder(folder)
    this.#folders.add(folder)
  }
}

function ignoreMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
