/** A checkpoint as the blocks that it links, each with what it is for. */
import * as dagPb from '@ipld/dag-pb'
import type { CID } from 'multiformats/cid'
import type { FaultyPart } from '../../node/verify/index.ts'
import { parseCheckpoint, parseCheckpointProof } from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import type { BlockInspector } from '../../storage/index.ts'

/** What a block is for, as `verify` must name it when it is damaged. */
export interface Role {
  readonly part: FaultyPart
  readonly author?: string
}

export interface ProvenBlock {
  readonly cid: CID
  readonly bytes: Uint8Array
  /** Several where one block serves twice, as two equal copies do. */
  readonly roles: Role[]
}

/** All that a checkpoint with proof links, and nothing else: what a pin of it keeps. Keys: multihash, base64. */
export type ProvenBlocks = Map<string, ProvenBlock>

export function keyOf(cid: CID): string {
  return Buffer.from(cid.multihash.bytes).toString('base64')
}

export async function provenBlocks(blocks: BlockInspector, root: CID): Promise<ProvenBlocks> {
  const found: ProvenBlocks = new Map()
  const add = async (cid: CID, role: Role) => {
    const bytes = await blocks.block(cid)
    const known = found.get(keyOf(cid))
    if (known === undefined) found.set(keyOf(cid), { cid, bytes, roles: [role] })
    else known.roles.push(role)
    return bytes
  }
  const addFile = async (cid: CID, role: Role): Promise<void> => {
    const bytes = await add(cid, role)
    if (cid.code === dagPb.code) for (const { Hash } of dagPb.decode(bytes).Links) await addFile(Hash as CID, role)
  }
  const checkpoint = parseCheckpoint(await add(root, { part: 'checkpoint' }))
  await add(checkpoint.model, { part: 'model' })
  await addFile(checkpoint.weights, { part: 'weights' })
  const proof = parseCheckpointProof(await add(checkpoint.proof!, { part: 'proof' }))
  await add(proof.manifest, { part: 'run manifest' })
  for (const [i, { header, copy }] of proof.copies.entries()) {
    const author = peerText(checkpoint.cut[i]!.author)
    await add(header, { part: 'header', author })
    await addFile(copy, { part: 'copy', author })
  }
  return found
}
