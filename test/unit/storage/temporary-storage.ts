import type { TestContext } from 'node:test'
import * as dagCbor from '@ipld/dag-cbor'
import type { Libp2p } from '@libp2p/interface'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { createStorage, type DiskStores, type Home, openStores, type Storage } from '../../../storage/index.ts'
import { atEnd } from '../../at-end.ts'
import { temporaryHome } from './temporary-home.ts'

export interface TestStorage {
  readonly home: Home
  readonly stores: DiskStores
  readonly storage: Storage
}

/** A storage in a home of its own, closed and removed when the test ends. */
export async function temporaryStorage(t: TestContext, libp2p?: Libp2p): Promise<TestStorage> {
  const home = await temporaryHome(t)
  const stores = await openStores(home)
  const storage = await createStorage({ stores, ...(libp2p === undefined ? {} : { libp2p }) })
  atEnd(t, async () => {
    await storage.close()
    await stores.close()
  })
  return { home, stores, storage }
}

export async function rawBlock(content: string | Uint8Array) {
  const bytes = typeof content === 'string' ? new TextEncoder().encode(content) : content
  return { cid: CID.createV1(raw.code, await sha256.digest(bytes)), bytes }
}

export async function cborBlock(value: unknown) {
  const bytes = dagCbor.encode(value)
  return { cid: CID.createV1(dagCbor.code, await sha256.digest(bytes)), bytes }
}

/** Bytes that look random and are the same every time (xorshift32: Marsaglia 2003). */
export function noise(length: number, seed: number): Uint8Array {
  let state = seed
  return new Uint8Array(length).map(() => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return state
  })
}
