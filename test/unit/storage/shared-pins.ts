import * as dagCbor from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import { blockKey } from '../../../storage/block-key.ts'
import type { Storage, Stores } from '../../../storage/index.ts'
import { randomFrom } from '../../integration/random.ts'
import { cborBlock, rawBlock } from './temporary-storage.ts'

/** DAGs over a pool of leaves that they share: each has six of twelve. */
const DAGS = 10
const POOL = 12
const LEAVES = 6

/** Additions and removals under way at the same time. */
const AT_ONCE = 8

interface Block {
  readonly cid: CID
  readonly bytes: Uint8Array
}

interface SharedDag {
  readonly root: Block
  readonly leaves: readonly Block[]
}

/** Some way to pin: the project's own, or one that it is compared with. */
export interface Pinning {
  add(root: CID): Promise<void>
  remove(root: CID): Promise<void>
  sweep(): Promise<void>
  /** Roots that are pinned. */
  roots(): Promise<readonly CID[]>
}

export interface SharedPinsResult {
  readonly seed: number
  readonly additions: number
  readonly removals: number
  readonly sweeps: number
  /** Blocks of pinned roots that were found missing, each counted once. */
  readonly lost: number
}

/**
 * Adds and removes pins of DAGs that share blocks, many at the same time and in random order, with a sweep after each few,
 * and looks after each sweep whether every pinned root still has all of its blocks.
 */
export async function playSharedPins(
  { blockstore }: Pick<Stores, 'blockstore'>,
  pinning: Pinning,
  { operations, seed }: { readonly operations: number; readonly seed: number }
): Promise<SharedPinsResult> {
  const random = randomFrom(seed)
  const dags = await createDags(random)
  const lost = new Set<string>()
  const counts = { additions: 0, removals: 0, sweeps: 0 }
  const add = async ({ root, leaves }: SharedDag) => {
    // A sweep may take what is stored and not pinned yet, as it may during a fetch: then it is fetched again.
    for (let attempt = 0; ; attempt++) {
      for (const { cid, bytes } of [...leaves, root]) await blockstore.put(cid, bytes, { sync: false })
      const error = await pinning.add(root.cid).then(
        () => undefined,
        (cause: Error) => cause
      )
      if (error === undefined) return
      if (attempt > 20) throw error
    }
  }
  while (counts.additions + counts.removals < operations) {
    const steps = Array.from({ length: AT_ONCE }, async () => {
      const dag = dags[Math.floor(random() * dags.length)]!
      const isAddition = random() < 0.6
      counts[isAddition ? 'additions' : 'removals']++
      return isAddition ? add(dag) : pinning.remove(dag.root.cid)
    })
    await Promise.all([...steps, pinning.sweep()])
    await pinning.sweep()
    counts.sweeps += 2
    for (const key of await missingOf(blockstore, dags, await pinning.roots())) lost.add(key)
  }
  return { seed, ...counts, lost: lost.size }
}

async function createDags(random: () => number): Promise<SharedDag[]> {
  const pool = await Promise.all(Array.from({ length: POOL }, (_, i) => rawBlock(`leaf ${i}`)))
  return Promise.all(
    Array.from({ length: DAGS }, async (_, i) => {
      const leaves = [...pool].sort(() => random() - 0.5).slice(0, LEAVES)
      return { root: await cborBlock({ dag: i, leaves: leaves.map(({ cid }) => cid) }), leaves }
    })
  )
}

async function missingOf(blockstore: Stores['blockstore'], dags: readonly SharedDag[], roots: readonly CID[]) {
  const missing: string[] = []
  for (const { root, leaves } of dags) {
    if (!roots.some((pinned) => pinned.equals(root.cid))) continue
    for (const { cid } of [root, ...leaves]) if (!(await blockstore.has(cid))) missing.push(`${root.cid} ${cid}`)
  }
  return missing
}

export function ownPins(storage: Storage): Pinning {
  return {
    add: async (root) => void (await storage.pins.keep(root, { kind: 'other', by: 'user', createdAt: 1 })),
    remove: async (root) => void (await storage.pins.unkeep(root)),
    sweep: async () => void (await storage.sweep({ graceMs: -1000 })),
    roots: async () => (await storage.pins.list()).map(({ root }) => root)
  }
}

/** The same without the mutex: what is fetched is recorded a moment later, and a sweep may come in between. */
export function unguardedPins({ blockstore }: Pick<Stores, 'blockstore'>, storage: Storage): Pinning {
  const pinned = new Map<string, CID>()
  return {
    add: async (root) => {
      await storage.fetchDag(root)
      pinned.set(root.toString(), root)
    },
    remove: async (root) => void pinned.delete(root.toString()),
    sweep: async () => {
      const kept = new Set<string>()
      for (const root of [...pinned.values()]) {
        const { leaves } = dagCbor.decode<{ leaves: CID[] }>(await storage.getBlock(root).catch(() => NO_LEAVES))
        for (const cid of [root, ...leaves]) kept.add(blockKey(cid))
      }
      for await (const { key } of blockstore.entries()) if (!kept.has(key)) await blockstore.remove(key)
    },
    roots: async () => [...pinned.values()]
  }
}

/** What is read of a root that is lost already. */
const NO_LEAVES = dagCbor.encode({ leaves: [] })
