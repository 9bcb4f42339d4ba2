import { openHome, openStorage } from '../../storage/index.ts'
import { type HistoryEntry, historyEntry } from './history-entry.ts'
import { readRecords } from './read-records.ts'

export interface RunHistory {
  readonly entries: readonly HistoryEntry[]
  /** False while a peer runs in the home: its own chain is locked then, and only what was noted is here. */
  readonly hasOwnChain: boolean
}

/**
 * Everything signed that a home holds of a run, each once, in the order in which it was heard; own deltas whose time was
 * not noted stand where their chain has them, before the first that came after them. Nothing is asked of anybody.
 */
export async function runHistory(dir: string, run: string): Promise<RunHistory> {
  const entries = new Map<string, HistoryEntry>()
  const chain = await ownChain(dir, run)
  for (const bytes of chain ?? []) await add(entries, { kind: 'delta', bytes })
  for await (const line of readRecords(dir, run)) await add(entries, line)
  return { entries: inOrder([...entries.values()]), hasOwnChain: chain !== undefined }
}

async function add(entries: Map<string, HistoryEntry>, line: Parameters<typeof historyEntry>[0]): Promise<void> {
  const entry = await historyEntry(line)
  if (entry === undefined) return
  // Repeated when a record is heard again after a restart: the first time counts, and a time before none.
  if (entries.get(line.bytes)?.t === undefined) entries.set(line.bytes, entry)
}

/** Sealed headers of the home's own chain, base64, oldest first; undefined while somebody else has the home open. */
async function ownChain(dir: string, run: string): Promise<string[] | undefined> {
  const home = await openHome(dir).catch((error: { code?: unknown }) => {
    if (error.code !== 'ERR_HOME_IN_USE') throw error
  })
  if (home === undefined) return undefined
  try {
    const storage = await openStorage({ home })
    try {
      const headers: string[] = []
      for (const entry of await storage.chains.window(run)) {
        if (entry.type !== 'delta') continue
        const bytes = await storage.getBlock(entry.header).catch(() => undefined)
        if (bytes !== undefined) headers.push(Buffer.from(bytes).toString('base64'))
      }
      return headers
    } finally {
      await storage.close()
    }
  } finally {
    await home.close()
  }
}

/** By time; what has none keeps its place before the next of its author that has one. */
function inOrder(entries: readonly HistoryEntry[]): HistoryEntry[] {
  let latest = Number.NEGATIVE_INFINITY
  const placed = entries.toReversed().map((entry) => {
    const at = entry.t ?? next(entries, entry) ?? latest
    latest = Math.max(latest, at)
    return { entry, at }
  })
  return placed
    .reverse()
    .sort((a, b) => a.at - b.at)
    .map(({ entry }) => entry)
}

/** The time of the first noted delta that continues the same chain. */
function next(entries: readonly HistoryEntry[], { incarnation, seq }: HistoryEntry): number | undefined {
  return entries.find((other) => other.t !== undefined && other.incarnation === incarnation && other.seq! > seq!)?.t
}
