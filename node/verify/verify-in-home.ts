import type { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import { InvalidRecordError, parseCheckpoint, parseSeal, type Seal } from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import { type BlockInspector, BlockMissingError, inspectBlocks } from '../../storage/index.ts'
import { readRecords } from '../history/index.ts'
import type { VerifiedSeal, VerifyReport } from './report.ts'
import { verifyCheckpoint } from './verify-checkpoint.ts'

/** There is nothing to verify: the home does not hold the root, or it is something else. */
export class NothingToVerifyError extends Error {
  override readonly name = 'NothingToVerifyError'
  readonly code = 'ERR_NOTHING_TO_VERIFY'
}

/**
 * Verifies a checkpoint from the blocks in a home, whether or not its peer runs, with the seals that the home has heard
 * of; nothing there is changed. Throws NothingToVerifyError.
 */
export async function verifyInHome(dir: string, root: CID): Promise<VerifyReport> {
  const blocks = inspectBlocks(dir)
  await requireCheckpoint(blocks, root, dir)
  const report = await verifyCheckpoint(blocks, root)
  return report.isSealed === true ? { ...report, seals: await sealsOf(dir, root) } : report
}

/** A root that is here and damaged is for the report; what is not here, or no checkpoint, was a mistake. */
async function requireCheckpoint(blocks: BlockInspector, root: CID, dir: string): Promise<void> {
  try {
    parseCheckpoint(await blocks.block(root))
  } catch (cause) {
    if (cause instanceof BlockMissingError) {
      throw new NothingToVerifyError(
        `checkpoint ${root} is not in the home ${dir}: \`starling checkpoints\` lists those that are, \`starling pin\` fetches one`,
        { cause }
      )
    }
    if (!(cause instanceof InvalidRecordError)) return
    throw new NothingToVerifyError(`${root} is no checkpoint: \`starling checkpoints\` lists those in the home`, {
      cause
    })
  }
}

/** The newest seal of each signer under a checkpoint; those whose signature is wrong are left out. */
async function sealsOf(dir: string, root: CID): Promise<VerifiedSeal[]> {
  const seals = new Map<string, VerifiedSeal>()
  for await (const { kind, bytes } of readRecords(dir)) {
    if (kind !== 'seal') continue
    const seal = (await parseSeal(new Uint8Array(Buffer.from(bytes, 'base64'))).catch(() => undefined))?.seal
    if (seal !== undefined && equals(seal.checkpoint, root.bytes)) seals.set(peerText(seal.author), describe(seal))
  }
  return [...seals.values()]
}

function describe({ author, createdAt, metrics }: Seal): VerifiedSeal {
  return { author: peerText(author), createdAt, ...metrics }
}
