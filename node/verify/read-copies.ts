import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { equals } from 'uint8arrays/equals'
import {
  type CheckpointManifest,
  type CheckpointProof,
  type CutEntry,
  isSealed,
  type ProvenCopy,
  parseDeltaHeader,
  type RunManifest,
  type SignedDeltaHeader
} from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import type { BlockInspector } from '../../storage/index.ts'
import type { Faults } from './faults.ts'

const FLOAT32_BYTES = 4

/**
 * The copies of a checkpoint's cut, each checked against what its author signed; undefined in the place of those that are
 * wrong. Shape of each: [n].
 */
export async function readCopies(
  blocks: BlockInspector,
  checkpoint: CheckpointManifest,
  { copies }: CheckpointProof,
  manifest: RunManifest,
  faults: Faults
): Promise<(Float32Array | undefined)[]> {
  if (copies.length !== checkpoint.cut.length) {
    faults.add({
      part: 'proof',
      reason: `the proof has ${copies.length} copies, the cut names ${checkpoint.cut.length}`
    })
    return []
  }
  const read: (Float32Array | undefined)[] = []
  for (const [i, entry] of checkpoint.cut.entries()) {
    read.push(await readCopy(blocks, checkpoint, entry, copies[i]!, manifest, faults))
    await nextTurn()
  }
  return read
}

async function readCopy(
  blocks: BlockInspector,
  checkpoint: CheckpointManifest,
  entry: CutEntry,
  { header: headerCid, copy: copyCid }: ProvenCopy,
  { parameterCount }: RunManifest,
  faults: Faults
): Promise<Float32Array | undefined> {
  const author = peerText(entry.author)
  const maxBytes = FLOAT32_BYTES * parameterCount
  const signed = await faults.check({ part: 'header', author, cid: headerCid }, async () =>
    parseDeltaHeader(await blocks.block(headerCid))
  )
  const bytes = await faults.check({ part: 'copy', author, cid: copyCid }, () => blocks.file(copyCid, maxBytes))
  const wrong = signed === undefined ? undefined : contradiction(signed, checkpoint, entry, parameterCount)
  if (wrong !== undefined) faults.add({ part: 'header', author, cid: String(headerCid), reason: wrong })
  if (signed === undefined || wrong !== undefined || bytes === undefined) return undefined
  if (!equals(createHash('sha256').update(bytes).digest(), signed.header.stateHash)) {
    const reason = 'the copy does not have the hash that its author signed'
    return faults.add({ part: 'copy', author, cid: String(copyCid), reason })
  }
  return new Float32Array(new Uint8Array(bytes).buffer)
}

/** How a header that its author did sign is not the one that the cut names. */
function contradiction(
  { header, cid }: SignedDeltaHeader,
  checkpoint: CheckpointManifest,
  entry: CutEntry,
  parameterCount: number
): string | undefined {
  if (!equals(header.author, entry.author)) return `the header is of ${peerText(header.author)}`
  if (!equals(header.run, checkpoint.run)) return 'the header is of another run'
  if (!equals(cid.bytes, entry.delta)) return `the header is delta ${cid}, the cut names another`
  if (header.seq !== entry.seq || !equals(header.incarnation, entry.incarnation)) {
    return `the header is version ${header.seq}, the cut says ${entry.seq}, or another start`
  }
  if (header.length !== parameterCount)
    return `the header is for ${header.length} parameters, the run has ${parameterCount}`
  if (isSealed(checkpoint) && header.phase !== 'done')
    return `the header says ${header.phase}: only closed members are sealed`
  return undefined
}
