import type { Datastore } from 'interface-datastore'
import type { CID } from 'multiformats/cid'
import type { PeerBlockstore, StoredSize } from './blocks.ts'
import type { DagReader, FetchDagOptions } from './dag.ts'
import { COMMIT_PREFIX } from './datastore.ts'
import {
  encodeKeepDetails,
  isKeptBy,
  type KeepDetails,
  type Keeper,
  type KeptRoot,
  keptRootKey,
  parseKeptRoot,
  withKeeper,
  withoutKeeper
} from './kept-root.ts'
import { Mutex } from './mutex.ts'

/**
 * A sweep spares blocks younger than this: between storing a block and naming it in `alsoKeep`, or fetching the first
 * block of a DAG and recording it, may lie as long as a fetch may take (DAG_TIMEOUT_MS).
 */
export const SWEEP_GRACE_MS = 600_000

export interface SweepOptions {
  /** Roots to keep besides the kept ones, such as the window of a chain; a function is asked when the sweep begins. */
  readonly alsoKeep?: Iterable<CID> | (() => Promise<Iterable<CID>>)
  /** Looks at what these roots lead to alone, whatever its age. */
  readonly only?: Iterable<CID>
  /** Spares blocks younger than this many milliseconds. Default SWEEP_GRACE_MS. */
  readonly graceMs?: number
}

export interface SweepReport {
  /** Blocks removed. */
  readonly removed: number
  /** Blocks that kept roots lead to and that are not here: fetch their roots again. */
  readonly missing: readonly CID[]
}

/**
 * The list of roots that this peer keeps, and the sweep of everything else.
 *
 * Ours rather than Helia's: two of its `pins.add` that share a block lose it at the next `gc` in 20 of 20 attempts, and
 * its `pins.rm` keeps the wrong entries (DESIGN 6). Here nothing is counted: a sweep walks from the roots in the list
 * and removes what it did not meet, and one mutex keeps it apart from changes to the list.
 */
export class Pins {
  readonly #datastore: Datastore
  readonly #blockstore: PeerBlockstore
  readonly #dag: DagReader
  readonly #mutex = new Mutex()

  constructor(components: { datastore: Datastore; blockstore: PeerBlockstore; dag: DagReader }) {
    this.#datastore = components.datastore
    this.#blockstore = components.blockstore
    this.#dag = components.dag
  }

  /**
   * Fetches everything the root leads to, flushes it, then records the root. A root that others keep is theirs too.
   * Throws what `DagReader.fetch` throws; nothing is recorded then.
   */
  async keep(root: CID, details: KeepDetails, options: FetchDagOptions): Promise<KeptRoot> {
    await this.#dag.fetch(root, options) // may take minutes: not under the mutex
    return this.#mutex.run(() => this.#record(root, details, options))
  }

  /** Stores a DAG by `store`, which answers with its root, and keeps it: no sweep can come in between. */
  async keepNew(store: () => Promise<CID>, details: KeepDetails, options: FetchDagOptions): Promise<KeptRoot> {
    return this.#mutex.run(async () => this.#record(await store(), details, options))
  }

  /**
   * Takes a root off the list, or only one of those that keep it; true when it was on the list and is not any more. Its
   * blocks go with the next sweep.
   */
  async unkeep(root: CID, by?: Keeper): Promise<boolean> {
    return this.#mutex.run(async () => {
      const key = keptRootKey(root)
      if (!(await this.#datastore.has(key))) return false
      const known = by === undefined ? undefined : await this.get(root)
      if (known !== undefined && !isKeptBy(known, by!)) return false
      const left = known === undefined ? undefined : withoutKeeper(known, by!)
      if (left === undefined) await this.#datastore.delete(key)
      else await this.#datastore.put(key, encodeKeepDetails(left))
      return left === undefined
    })
  }

  /** Size of all blocks that a root leads to, as far as they are here. */
  async sizeOf(root: CID): Promise<StoredSize> {
    return this.#blockstore.sizeOf((await this.#dag.reach([root])).keys)
  }

  /** What is kept about a root; undefined when it is not kept. Throws KeptRootCorruptError. */
  async get(root: CID): Promise<KeptRoot | undefined> {
    const key = keptRootKey(root)
    return (await this.#datastore.has(key)) ? parseKeptRoot(key, await this.#datastore.get(key)) : undefined
  }

  /** All kept roots. Throws KeptRootCorruptError. */
  async list(): Promise<KeptRoot[]> {
    const kept: KeptRoot[] = []
    for await (const { key, value } of this.#datastore.query({ prefix: COMMIT_PREFIX })) {
      kept.push(parseKeptRoot(key, value))
    }
    return kept
  }

  /** Removes every block that no kept root leads to. Throws KeptRootCorruptError and then removes nothing. */
  async sweep({ alsoKeep = [], only, graceMs = SWEEP_GRACE_MS }: SweepOptions = {}): Promise<SweepReport> {
    return this.#mutex.run(async () => {
      const youngest = Date.now() - graceMs
      const kept = (await this.list()).map(({ root }) => root)
      const extra = typeof alsoKeep === 'function' ? await alsoKeep() : alsoKeep
      const { keys, missing } = await this.#dag.reach(kept)
      const { keys: extraKeys } = await this.#dag.reach(extra)
      let removed = 0
      for await (const key of only === undefined ? this.#olderThan(youngest) : (await this.#dag.reach(only)).keys) {
        if (keys.has(key) || extraKeys.has(key)) continue
        if (await this.#blockstore.remove(key)) removed++
      }
      return { removed, missing }
    })
  }

  async *#olderThan(time: number): AsyncGenerator<string> {
    for await (const { key, modifiedAt } of this.#blockstore.entries()) if (modifiedAt <= time) yield key
  }

  async #record(root: CID, details: KeepDetails, options: FetchDagOptions): Promise<KeptRoot> {
    // A sweep may have run since the fetch: what it took is fetched again.
    const blocks = await this.#dag.complete(root, options)
    await this.#blockstore.commit(blocks)
    const kept = withKeeper(await this.get(root), details)
    await this.#datastore.put(keptRootKey(root), encodeKeepDetails(kept))
    return { ...kept, root }
  }
}
