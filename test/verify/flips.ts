/**
 * Flips bytes of a checkpoint and asks `verify` what is wrong. *Damage* leaves the links as they are, as a bad disk does;
 * *forgery* makes every link fit again, as a liar would, so that only the derivation can tell.
 */
import assert from 'node:assert/strict'
import { CID } from 'multiformats/cid'
import { sha256 } from 'multiformats/hashes/sha2'
import { type VerifyReport, verifyCheckpoint } from '../../node/verify/index.ts'
import {
  checkpointCid,
  encodeCheckpoint,
  encodeCheckpointProof,
  parseCheckpoint,
  parseCheckpointProof,
  recordCid
} from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import { inspectorOf } from '../../storage/index.ts'
import { keyOf, type ProvenBlock, type ProvenBlocks, type Role } from './proven-blocks.ts'

export interface Flip {
  readonly kind: 'damage' | 'forgery'
  readonly roles: readonly Role[]
  /** Offset in the block. */
  readonly at: number
  readonly report: VerifyReport
}

/** A number in [0, 1) a call, from a seed (mulberry32, T. Ettinger 2017). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

/** Flips one byte, every part as likely as the others; every second time a forgery, of what can be forged. */
export async function flipOne(blocks: ProvenBlocks, root: CID, random: () => number): Promise<Flip> {
  const kind = random() < 0.5 ? 'damage' : 'forgery'
  const forged = ['weights', 'copy', 'header']
  const candidates = [...blocks.values()].filter(({ roles }) => kind === 'damage' || forged.includes(roles[0]!.part))
  const parts = [...new Set(candidates.map(({ roles }) => roles[0]!.part))]
  const part = parts[Math.floor(random() * parts.length)]
  const ofPart = candidates.filter(({ roles }) => roles[0]!.part === part)
  const block = ofPart[Math.floor(random() * ofPart.length)]!
  const at = Math.floor(random() * block.bytes.byteLength)
  const bytes = new Uint8Array(block.bytes) // a copy: `slice` of a Buffer is none
  bytes[at]! ^= 1 + Math.floor(random() * 255)
  if (kind === 'damage') {
    const damaged = new Map(blocks).set(keyOf(block.cid), { ...block, bytes })
    return { kind, roles: block.roles, at, report: await verify(damaged, root) }
  }
  const liar = await forge(blocks, root, block, bytes)
  return { kind, roles: block.roles, at, report: await verify(liar.blocks, liar.root) }
}

/** Throws unless the report names what was flipped: each author whose part it was, and in weights the file and byte. */
export function assertNamed({ kind, roles, at, report }: Flip): void {
  const said = JSON.stringify(report.faults)
  assert.equal(report.verdict, 'wrong', `byte ${at} of ${JSON.stringify(roles)} went unnoticed`)
  for (const { part, author } of roles) {
    const fault = report.faults.find((one) => one.part === part && one.author === author)
    assert.ok(fault, `${kind} of ${part} ${author ?? ''} at ${at} was called ${said}`)
    if (part !== 'weights') continue
    assert.ok(fault.cid, 'the file is not named')
    if (kind === 'forgery') assert.equal(fault.byte, at, 'the byte is not named')
  }
}

export async function verify(blocks: ProvenBlocks, root: CID): Promise<VerifyReport> {
  return verifyCheckpoint(
    inspectorOf(async (cid) => blocks.get(keyOf(cid))?.bytes),
    root
  )
}

/** Puts other bytes in the place of a block, and new names of all that links it up to the root. */
async function forge(blocks: ProvenBlocks, root: CID, block: ProvenBlock, bytes: Uint8Array) {
  const liars: ProvenBlocks = new Map(blocks)
  const put = (cid: CID, content: Uint8Array, from: ProvenBlock) => {
    liars.set(keyOf(cid), { cid, bytes: content, roles: from.roles })
    return cid
  }
  const other = put(CID.createV1(block.cid.code, await sha256.digest(bytes)), bytes, block)
  const swap = (cid: CID) => (keyOf(cid) === keyOf(block.cid) ? other : cid)
  const rootBlock = blocks.get(keyOf(root))!
  const checkpoint = parseCheckpoint(rootBlock.bytes)
  const proofBlock = blocks.get(keyOf(checkpoint.proof!))!
  const proof = parseCheckpointProof(proofBlock.bytes)
  const copies = proof.copies.map(({ header, copy }) => ({ header: swap(header), copy: swap(copy) }))
  const proofBytes = encodeCheckpointProof({ ...proof, copies })
  const link = put(recordCid(proofBytes), proofBytes, proofBlock)
  const forged = encodeCheckpoint({ ...checkpoint, weights: swap(checkpoint.weights), proof: link })
  return { blocks: liars, root: put(checkpointCid(forged), forged, rootBlock) }
}

/** How many flips hit what, for a report. */
export function tally(flips: readonly Flip[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { kind, roles } of flips) {
    const name = `${kind} of ${roles[0]!.part}`
    counts[name] = (counts[name] ?? 0) + 1
  }
  return counts
}

/** Authors in a checkpoint's cut. */
export function authorsOf(blocks: ProvenBlocks, root: CID): string[] {
  return parseCheckpoint(blocks.get(keyOf(root))!.bytes).cut.map(({ author }) => peerText(author))
}
