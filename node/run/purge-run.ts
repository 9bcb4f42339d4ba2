import { type Copies, createCopies } from '../../storage/index.ts'
import type { Peer } from '../peer.ts'
import { removeAnnounced } from './announced-file.ts'
import { forgetRun } from './home-config.ts'
import { removeKnownMembers } from './known-members.ts'
import { removePersonalFile } from './personal-file.ts'

/**
 * Removes what the home holds of a run: chain, saved copy, personal model, checkpoints, manifest, model and the run's network. What a user pinned stays, and
 * so do the logs: `outbound.jsonl` is the record of what has left this machine for good, `records.jsonl` of what was signed.
 *
 * `isAlone`: no other run is under way here. Blocks that another one has just stored, and not yet named, look as if
 * nobody needed them: then what is young is left for a later sweep.
 */
export async function purgeRun({ home, storage }: Peer, run: string, isAlone: boolean): Promise<void> {
  const copies: Copies = createCopies(home)
  await copies.remove(run)
  await removePersonalFile(home, run)
  await removeKnownMembers(home, run)
  await removeAnnounced(home, run)
  await storage.chains.remove(run)
  const kept = await storage.pins.list()
  for (const pin of kept)
    if (pin.by === 'policy' && (pin.run === run || pin.root.toString() === run)) await storage.pins.unkeep(pin.root)
  await forgetRun(home, run)
  await storage.sweep(isAlone ? { graceMs: 0 } : {})
}
