import type { CID } from 'multiformats/cid'
import { inspectBlocks } from '../../storage/index.ts'
import type { VerifyReport } from './report.ts'
import { verifyCheckpoint } from './verify-checkpoint.ts'

/** Verifies a checkpoint from the blocks in a home, whether or not its peer runs; nothing there is changed. */
export async function verifyInHome(dir: string, root: CID): Promise<VerifyReport> {
  return verifyCheckpoint(inspectBlocks(dir), root)
}
