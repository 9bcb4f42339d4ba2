import { MemoryBlockstore } from 'blockstore-core'
import { MemoryDatastore } from 'datastore-core'
import type { CID } from 'multiformats/cid'
import { concat } from 'uint8arrays/concat'
import { blockKey } from './block-key.ts'
import type { PeerBlockstore, StoredBlock, StoredSize } from './blocks.ts'
import type { Stores } from './stores.ts'
import type { FileContent } from './write-file-atomic.ts'

/** Stores that end with their process: for a peer that fetches something once, uses it and goes. */
export function memoryStores(): Stores {
  return {
    blockstore: new SweptMemoryBlockstore(),
    datastore: new MemoryDatastore(),
    check: { blocks: 0, hashed: 0, dropped: 0, temporary: 0 },
    close: async () => {}
  }
}

/** The memory block store with what sweeps and pins need; nothing in it outlives the process, so nothing is flushed. */
class SweptMemoryBlockstore extends MemoryBlockstore implements PeerBlockstore {
  readonly #entries = new Map<string, { readonly cid: CID; readonly modifiedAt: number; readonly bytes: number }>()

  override async put(cid: CID, content: FileContent): Promise<CID> {
    const bytes = content instanceof Uint8Array ? content : await joined(content)
    this.#entries.set(blockKey(cid), { cid, modifiedAt: Date.now(), bytes: bytes.byteLength })
    return super.put(cid, bytes)
  }

  override async delete(cid: CID): Promise<void> {
    this.#entries.delete(blockKey(cid))
    await super.delete(cid)
  }

  async remove(key: string): Promise<boolean> {
    const entry = this.#entries.get(key)
    if (entry !== undefined) await this.delete(entry.cid)
    return entry !== undefined
  }

  async commit(): Promise<void> {}

  async *entries(): AsyncGenerator<StoredBlock> {
    for (const [key, { modifiedAt, bytes }] of this.#entries) yield { key, modifiedAt, bytes }
  }

  /** Nothing: it takes no disk. */
  async usedBytes(): Promise<number> {
    return 0
  }

  async sizeOf(keys: Iterable<string>): Promise<StoredSize> {
    let bytes = 0
    for (const key of keys) bytes += this.#entries.get(key)?.bytes ?? 0
    return { bytes, diskBytes: 0 }
  }
}

async function joined(content: Exclude<FileContent, Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = []
  for await (const part of content) parts.push(part)
  return concat(parts)
}
