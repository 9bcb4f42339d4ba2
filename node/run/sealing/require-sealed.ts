import { CID } from 'multiformats/cid'
import type { CheckpointNews } from '../../../protocols/envelope/index.ts'
import { inspectorOf, type Storage } from '../../../storage/index.ts'
import { verifyCheckpoint } from '../../verify/index.ts'
import type { RunFiles } from '../run-files.ts'

/** A seal stands under what is no sealed checkpoint of its run: its signer is at fault. */
export class NotSealedError extends Error {
  override readonly name = 'NotSealedError'
  readonly code = 'ERR_NOT_SEALED'

  constructor(root: CID, why: string) {
    super(`sealed checkpoint ${root} is not taken: ${why}`)
  }
}

/**
 * Derives a sealed checkpoint that is here again before it is taken for the end of a run: anybody can sign anything, but
 * nobody can make up the members' signed copies. It is no longer kept where it is wrong. Throws NotSealedError.
 */
export async function requireSealed(
  storage: Pick<Storage, 'getBlock' | 'pins'>,
  run: Pick<RunFiles, 'id'>,
  { announcement, seal }: CheckpointNews
): Promise<void> {
  const root = CID.decode(announcement.checkpoint)
  const report = await verifyCheckpoint(
    inspectorOf((cid) => storage.getBlock(cid)),
    root
  )
  const isTheEnd =
    report.isSealed === true && report.run === run.id.toString() && report.authors.length === seal?.members
  if (report.verdict === 'derived' && isTheEnd) return
  await storage.pins.unkeep(root)
  throw new NotSealedError(root, report.faults[0]?.reason ?? 'it is not what its seal says')
}
