import type { KeptRoot, PinRequest, Storage } from '../../storage/index.ts'
import type { PinEntry } from '../control/index.ts'

/** A pin that somebody waits for, or that came to nothing. */
export interface PendingPin {
  readonly root: string
  readonly state: 'queued' | 'pinning' | 'failed'
  readonly by: PinEntry['by']
  readonly kind: PinEntry['kind']
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly run?: string
  readonly round?: number
  readonly name?: string
  readonly details?: string
}

/** A kept root as the control socket tells it. */
export async function pinEntry(storage: Pick<Storage, 'pins'>, kept: KeptRoot): Promise<PinEntry> {
  const { root, ...details } = kept
  const { bytes } = await storage.pins.sizeOf(root)
  const known = Object.fromEntries(
    Object.entries(details).filter(([key, value]) => key !== 'seq' && value !== undefined)
  )
  return { ...(known as Omit<PinEntry, 'root' | 'state' | 'bytes'>), root: root.toString(), state: 'pinned', bytes }
}

/** What a home keeps, and what it is about to. */
export async function listPins(storage: Pick<Storage, 'pins'>, pending: readonly PendingPin[]): Promise<PinEntry[]> {
  const entries: PinEntry[] = [...pending]
  for (const kept of await storage.pins.list()) entries.push(await pinEntry(storage, kept))
  return entries
}

/** Requests of clients that are not pinned; those that are stand in the list of what is kept. */
export function pendingRequests(requests: readonly PinRequest[]): PendingPin[] {
  return requests.flatMap(({ cid, status, created, owner, name, details }) => {
    if (status === 'pinned') return []
    const known = { ...(name === undefined ? {} : { name }), ...(details === undefined ? {} : { details }) }
    const by = `service (${owner})`
    return [{ root: cid.toString(), state: status, by, kind: 'other', createdAt: created, ...known }]
  })
}
