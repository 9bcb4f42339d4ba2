import { type Copies, createCopies } from '../../storage/index.ts'
import type { Peer } from '../peer.ts'
import type { RunFiles } from './run-files.ts'

/**
 * Removes what the home holds of a run: chain, saved copy, checkpoints, manifest and model. What a user pinned stays, and
 * so do the logs: `outbound.jsonl` is the record of what has left this machine for good.
 */
export async function purgeRun({ home, storage }: Peer, { id }: RunFiles): Promise<void> {
  const run = id.toString()
  const copies: Copies = createCopies(home)
  await copies.remove(run)
  await storage.chains.remove(run)
  const kept = await storage.pins.list()
  for (const pin of kept)
    if (pin.by === 'policy' && (pin.run === run || pin.root.equals(id))) await storage.pins.unkeep(pin.root)
  await storage.sweep({ graceMs: 0 })
}
