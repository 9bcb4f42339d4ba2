import type { CID } from 'multiformats/cid'
import {
  type CheckpointManifest,
  isSealed,
  parseCheckpoint,
  parseCheckpointProof
} from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import { type BlockInspector, fileCid } from '../../storage/index.ts'
import { encodeWeights, weightsFileBytes } from '../run/run-files.ts'
import { combineCopies, distancesToMedian } from './combine-copies.ts'
import { cidOf, Faults } from './faults.ts'
import { readCopies } from './read-copies.ts'
import { type ProvenRun, readProvenRun } from './read-run.ts'
import type { VerifiedAuthor, VerifyReport } from './report.ts'

/**
 * Derives a checkpoint's weights again from nothing but its blocks and compares: the run's rule over the copies in its
 * proof, each of which must have the hash that its author signed, written as peers write it, must be the file that the
 * checkpoint links. Everything that is wrong is reported, not only the first. Rejects for nothing that blocks hold.
 */
export async function verifyCheckpoint(blocks: BlockInspector, root: CID): Promise<VerifyReport> {
  const faults = new Faults()
  const checkpoint = await faults.check({ part: 'checkpoint', cid: root }, async () =>
    parseCheckpoint(await blocks.block(root))
  )
  if (checkpoint === undefined) return reportOf(root, faults, undefined, [], false)
  const derived =
    checkpoint.proof === undefined ? undefined : await derive(blocks, checkpoint, checkpoint.proof, faults)
  const known = derived?.run.manifest.parameterCount
  await compareWeights(blocks, checkpoint, derived?.file, known, faults)
  const distances = derived?.copies === undefined ? [] : await distancesToMedian(derived.copies)
  return reportOf(root, faults, checkpoint, distances, derived?.file !== undefined, known)
}

interface Derivation {
  readonly run: ProvenRun
  /** Absent where a copy is wrong. */
  readonly copies?: readonly Float32Array[]
  readonly file?: Uint8Array
}

async function derive(
  blocks: BlockInspector,
  checkpoint: CheckpointManifest,
  link: CID,
  faults: Faults
): Promise<Derivation | undefined> {
  const proof = await faults.check({ part: 'proof', cid: link }, async () =>
    parseCheckpointProof(await blocks.block(link))
  )
  if (proof === undefined) return undefined
  const run = await readProvenRun(blocks, checkpoint, proof.manifest, faults)
  if (run === undefined) return undefined
  const { manifest, layout } = run
  checkRule(checkpoint, run, faults)
  const read = await readCopies(blocks, checkpoint, proof, manifest, faults)
  const copies = read.flatMap((copy) => copy ?? [])
  if (copies.length === 0 || copies.length < checkpoint.cut.length) return { run }
  return { run, copies, file: encodeWeights(layout, await combineCopies(checkpoint.rule, copies)) }
}

function checkRule(checkpoint: CheckpointManifest, { manifest }: ProvenRun, faults: Faults): void {
  const rule = manifest.averaging.rule === 'mean' ? 'mean' : 'median'
  if (checkpoint.rule !== rule) {
    faults.add({ part: 'cut', reason: `the checkpoint is a ${checkpoint.rule}, its run makes a ${rule} of copies` })
  }
  if (isSealed(checkpoint) && checkpoint.round !== manifest.training.rounds) {
    const reason = `the checkpoint is sealed in round ${checkpoint.round}, the run has ${manifest.training.rounds}`
    faults.add({ part: 'cut', reason })
  }
}

/** The linked file against the derived one; without a derivation it is only read, so that damage shows. */
async function compareWeights(
  blocks: BlockInspector,
  { weights }: CheckpointManifest,
  derived: Uint8Array | undefined,
  parameters: number | undefined,
  faults: Faults
): Promise<void> {
  const maxBytes = parameters === undefined ? UNKNOWN_WEIGHTS_BYTES : weightsFileBytes(parameters)
  const file = await faults.check({ part: 'weights', cid: weights }, () => blocks.file(weights, maxBytes))
  if (file === undefined || derived === undefined) return
  const byte = firstDifference(file, derived)
  const at = { part: 'weights', cid: String(weights) } as const
  if (byte !== undefined) {
    const reason = `differs from what the copies make at byte ${byte} (${file.byteLength} bytes, derived ${derived.byteLength})`
    faults.add({ ...at, byte, reason })
    return
  }
  const expected = await fileCid(derived)
  if (!expected.equals(weights)) {
    faults.add({ ...at, reason: `the bytes are right, but cut into other blocks: their CID is ${expected}` })
  }
}

/** The largest model there may be, where the run is not known (envelope, MAX_PARAMETERS). */
const UNKNOWN_WEIGHTS_BYTES = weightsFileBytes(64 * 1024 * 1024)

function firstDifference(a: Uint8Array, b: Uint8Array): number | undefined {
  if (Buffer.compare(a, b) === 0) return undefined
  const shorter = Math.min(a.byteLength, b.byteLength)
  for (let i = 0; i < shorter; i++) if (a[i] !== b[i]) return i
  return shorter
}

function reportOf(
  root: CID,
  { found: faults }: Faults,
  checkpoint: CheckpointManifest | undefined,
  distances: readonly number[],
  isDerived: boolean,
  parameters?: number
): VerifyReport {
  const verdict = faults.length > 0 ? 'wrong' : isDerived ? 'derived' : 'unproven'
  const base = { v: 1, checkpoint: root.toString(), verdict, faults, seals: [] } as const
  if (checkpoint === undefined) return { ...base, authors: [] }
  const { run, round, rule, weights, cut } = checkpoint
  return {
    ...base,
    isSealed: isSealed(checkpoint),
    run: cidOf(run).toString(),
    round,
    rule,
    ...(parameters === undefined ? {} : { parameters }),
    weights: weights.toString(),
    authors: cut.map((entry, i) => authorOf(entry, distances[i]))
  }
}

function authorOf(
  { author, incarnation, seq }: CheckpointManifest['cut'][number],
  distance: number | undefined
): VerifiedAuthor {
  const startedAt = Number(new DataView(incarnation.buffer, incarnation.byteOffset).getBigUint64(0))
  return { author: peerText(author), startedAt, seq, ...(distance === undefined ? {} : { distance }) }
}
