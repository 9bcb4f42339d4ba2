import type { CID } from 'multiformats/cid'
import type { DagReader } from './dag.ts'
import type { KeptRoot } from './kept-root.ts'

/** A kept root whose blocks are not all here, and why they could not be had. */
export interface LostRoot {
  readonly kept: KeptRoot
  readonly missing: readonly CID[]
  readonly reason: string
}

export interface RepairReport {
  /** Kept roots that were looked at. */
  readonly roots: number
  /** Roots that lacked blocks and are whole again. */
  readonly fetched: readonly KeptRoot[]
  readonly lost: readonly LostRoot[]
}

/**
 * Looks whether everything that kept roots lead to is here, as after torn blocks were removed, and fetches what is not.
 * One root that nobody gives does not keep the others from being repaired.
 */
export async function repairKept(
  kept: readonly KeptRoot[],
  dag: Pick<DagReader, 'reach'>,
  fetch: (root: CID) => Promise<unknown>
): Promise<RepairReport> {
  const fetched: KeptRoot[] = []
  const lost: LostRoot[] = []
  for (const root of kept) {
    if ((await dag.reach([root.root])).missing.length === 0) continue
    try {
      await fetch(root.root)
      fetched.push(root)
    } catch (error) {
      const { missing } = await dag.reach([root.root])
      lost.push({ kept: root, missing, reason: (error as Error).message })
    }
  }
  return { roots: kept.length, fetched, lost }
}
