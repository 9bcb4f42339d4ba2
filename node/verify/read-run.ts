import type { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import { type CheckpointManifest, parseManifest, type RunManifest } from '../../protocols/envelope/index.ts'
import type { BlockInspector } from '../../storage/index.ts'
import { decodeTopology, type ParameterLayout, SharedPart } from '../training/index.ts'
import { localLayersOf } from '../vectors/index.ts'
import { cidOf, type Faults } from './faults.ts'

/** What a checkpoint's run says about its weights. */
export interface ProvenRun {
  readonly manifest: RunManifest
  readonly layout: ParameterLayout
}

/** Reads the run's manifest from a proof and the model from the checkpoint, and compares both with what the run id names. */
export async function readProvenRun(
  blocks: BlockInspector,
  checkpoint: CheckpointManifest,
  manifestLink: CID,
  faults: Faults
): Promise<ProvenRun | undefined> {
  const manifest = await readManifest(blocks, checkpoint, manifestLink, faults)
  const at = { part: 'model', cid: checkpoint.model } as const
  const modelJson = await faults.check(at, () => blocks.block(checkpoint.model))
  if (manifest === undefined || modelJson === undefined) return undefined
  if (!manifest.model.equals(checkpoint.model)) {
    return faults.add({
      ...at,
      cid: String(at.cid),
      reason: `the run's model is ${manifest.model}, not the one that the checkpoint links`
    })
  }
  return faults.check(at, async () => {
    const topology = await decodeTopology(modelJson, manifest.training.loss)
    return { manifest, layout: new SharedPart(topology, localLayersOf(manifest)).layout }
  })
}

async function readManifest(blocks: BlockInspector, { run }: CheckpointManifest, link: CID, faults: Faults) {
  const at = { part: 'run manifest', cid: link } as const
  const id = cidOf(run)
  if (!equals(link.multihash.bytes, id.multihash.bytes)) {
    return faults.add({ ...at, cid: String(link), reason: `the proof links another manifest than that of run ${id}` })
  }
  return faults.check(at, async () => parseManifest(await blocks.block(link)))
}
