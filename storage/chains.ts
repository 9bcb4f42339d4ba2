import * as dagCbor from '@ipld/dag-cbor'
import { type Datastore, Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import type { PutBlockOptions } from './blocks.ts'
import { Mutex } from './mutex.ts'
import type { SweepOptions } from './pins.ts'

/** Deltas between two snapshots (ALGORITHMS 1, rebuild rules). */
export const SNAPSHOT_EVERY_DELTAS = 32
/** Snapshots in the window: whoever starts from the older one is served until the newer one has spread. */
const SNAPSHOTS_KEPT = 2
const PREFIX = '/chain/'
/** Digits of an index in a key, so that keys sort as numbers: a delta a second fills them in 31,000 years. */
const INDEX_DIGITS = 12

/** A name of a chain that cannot be part of a key. */
export class InvalidChainNameError extends Error {
  override readonly name = 'InvalidChainNameError'
  readonly code = 'ERR_INVALID_CHAIN_NAME'

  constructor(chain: string) {
    super(`chain name ${JSON.stringify(chain.slice(0, 100))} must be 1 to 200 letters, digits, dots or dashes`)
  }
}

/** A block with its CID. */
export interface Block {
  readonly cid: CID
  readonly bytes: Uint8Array
}

export interface ChainDelta {
  /** The header's envelope. */
  readonly header: Uint8Array
  /** Bytes for one raw block of at most 1 MiB, or blocks of which the last is the root. */
  readonly payload?: Uint8Array | readonly Block[]
}

/** One link of a chain in the store. */
export type ChainEntry =
  | { readonly type: 'delta'; readonly header: CID; readonly payload?: CID }
  | { readonly type: 'snapshot'; readonly root: CID }

export interface AppendedDelta {
  readonly header: CID
  readonly payload?: CID
  /** True when SNAPSHOT_EVERY_DELTAS deltas were added since the last snapshot. */
  readonly isSnapshotDue: boolean
}

export interface ChainsComponents {
  readonly datastore: Datastore
  putBlock(cid: CID, bytes: Uint8Array, options: PutBlockOptions): Promise<CID>
  putFile(bytes: Uint8Array): Promise<CID>
  sweep(options: SweepOptions): Promise<unknown>
}

export interface SnapshotOptions {
  /** Keeps the whole chain, for auditors; it grows with every round. Default false. */
  readonly keepAll?: boolean
}

interface Position {
  next: number
  sinceSnapshot: number
}

/**
 * Chains of deltas, back to the last snapshots: a peer's own under the run's id, a neighbour's under any other name.
 * Nothing is flushed: what a power cut takes, neighbours have, and a restart opens a new incarnation anyway.
 */
export class Chains {
  readonly #components: ChainsComponents
  readonly #positions = new Map<string, Position>()
  readonly #mutex = new Mutex()

  constructor(components: ChainsComponents) {
    this.#components = components
  }

  /** Adds a delta. Throws InvalidChainNameError, BlockWriteError. */
  async append(chain: string, { header, payload }: ChainDelta): Promise<AppendedDelta> {
    return this.#mutex.run(async () => {
      const position = await this.#positionOf(chain)
      const headerCid = await this.#putRaw(header)
      const payloadCid = payload === undefined ? undefined : await this.#putPayload(payload)
      const cids = { header: headerCid, ...(payloadCid === undefined ? {} : { payload: payloadCid }) }
      await this.#write(chain, position, { type: 'delta', ...cids })
      position.sinceSnapshot++
      return { ...cids, isSnapshotDue: position.sinceSnapshot >= SNAPSHOT_EVERY_DELTAS }
    })
  }

  /**
   * Adds the public copy that the chain has reached, as a file, and drops what lies before the second last snapshot,
   * unless all is kept.
   * Throws InvalidChainNameError, BlockWriteError.
   */
  async snapshot(chain: string, copy: Uint8Array, { keepAll = false }: SnapshotOptions = {}): Promise<CID> {
    return this.#mutex.run(async () => {
      const position = await this.#positionOf(chain)
      const root = await this.#components.putFile(copy)
      await this.#write(chain, position, { type: 'snapshot', root })
      position.sinceSnapshot = 0
      if (keepAll) return root
      const entries = await this.#entries(chain)
      const snapshots = entries.filter(({ entry }) => entry.type === 'snapshot')
      const first = snapshots.at(-SNAPSHOTS_KEPT)
      if (first !== undefined) await this.#drop(entries.slice(0, entries.indexOf(first)))
      return root
    })
  }

  /** The chain's links that are kept, oldest first. Throws InvalidChainNameError. */
  async window(chain: string): Promise<ChainEntry[]> {
    return (await this.#entries(chain)).map(({ entry }) => entry)
  }

  /** Drops a whole chain, as when a run is left. Throws InvalidChainNameError. */
  async remove(chain: string): Promise<void> {
    return this.#mutex.run(async () => {
      await this.#drop(await this.#entries(chain))
      this.#positions.delete(chain)
    })
  }

  /** Every block that a chain names: what a sweep must spare. */
  async roots(): Promise<CID[]> {
    return (await this.#query(PREFIX)).flatMap(({ entry }) => cidsOf(entry))
  }

  async #positionOf(chain: string): Promise<Position> {
    const known = this.#positions.get(chain)
    if (known !== undefined) return known
    const entries = await this.#entries(chain)
    const last = entries.at(-1)
    const snapshot = entries.findLastIndex(({ entry }) => entry.type === 'snapshot')
    const position = {
      next: last === undefined ? 0 : Number(last.key.name()) + 1,
      sinceSnapshot: entries.length - 1 - snapshot
    }
    this.#positions.set(chain, position)
    return position
  }

  async #write(chain: string, position: Position, entry: ChainEntry): Promise<void> {
    const key = new Key(`${prefixOf(chain)}${String(position.next).padStart(INDEX_DIGITS, '0')}`)
    position.next++
    await this.#components.datastore.put(key, dagCbor.encode(entry))
  }

  async #entries(chain: string): Promise<{ key: Key; entry: ChainEntry }[]> {
    return this.#query(prefixOf(chain))
  }

  async #query(prefix: string): Promise<{ key: Key; entry: ChainEntry }[]> {
    const found: { key: Key; entry: ChainEntry }[] = []
    for await (const { key, value } of this.#components.datastore.query({ prefix })) {
      found.push({ key, entry: dagCbor.decode<ChainEntry>(value) })
    }
    return found
  }

  /** A payload may be another delta's too (all closing deltas are equal), or be pinned: hence a sweep, no deletion. */
  async #drop(entries: readonly { key: Key; entry: ChainEntry }[]): Promise<void> {
    for (const { key } of entries) await this.#components.datastore.delete(key)
    await this.#components.sweep({ only: entries.flatMap(({ entry }) => cidsOf(entry)), alsoKeep: () => this.roots() })
  }

  async #putRaw(bytes: Uint8Array): Promise<CID> {
    const cid = CID.createV1(raw.code, await sha256.digest(bytes))
    return this.#components.putBlock(cid, bytes, { sync: false })
  }

  async #putPayload(payload: Uint8Array | readonly Block[]): Promise<CID | undefined> {
    if (payload instanceof Uint8Array) return this.#putRaw(payload)
    for (const { cid, bytes } of payload) await this.#components.putBlock(cid, bytes, { sync: false })
    return payload.at(-1)?.cid
  }
}

function prefixOf(chain: string): string {
  if (!/^[a-z0-9.-]{1,200}$/i.test(chain)) throw new InvalidChainNameError(chain)
  return `${PREFIX}${chain}/`
}

function cidsOf(entry: ChainEntry): CID[] {
  if (entry.type === 'snapshot') return [entry.root]
  return entry.payload === undefined ? [entry.header] : [entry.header, entry.payload]
}
