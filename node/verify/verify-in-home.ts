import type { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import { parseSeal, type Seal } from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import { inspectBlocks } from '../../storage/index.ts'
import { readRecords } from '../history/index.ts'
import type { VerifiedSeal, VerifyReport } from './report.ts'
import { verifyCheckpoint } from './verify-checkpoint.ts'

/**
 * Verifies a checkpoint from the blocks in a home, whether or not its peer runs, with the seals that the home has heard
 * of; nothing there is changed.
 */
export async function verifyInHome(dir: string, root: CID): Promise<VerifyReport> {
  const report = await verifyCheckpoint(inspectBlocks(dir), root)
  return report.isSealed === true ? { ...report, seals: await sealsOf(dir, root) } : report
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
