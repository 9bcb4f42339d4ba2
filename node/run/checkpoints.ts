import { CID } from 'multiformats/cid'
import {
  authorOf,
  type CheckpointManifest,
  type CheckpointNews,
  encodeCheckpoint,
  MAX_CUT,
  parseCheckpoint,
  sealCheckpointAnnouncement
} from '../../protocols/envelope/index.ts'
import { peerBytes } from '../../protocols/links/index.ts'
import type { Storage } from '../../storage/index.ts'
import type { CheckpointRequest } from '../participant/index.ts'
import type { Peer } from '../peer.ts'
import type { Metrics } from '../training/index.ts'
import type { Vectors } from '../vectors/index.ts'
import { requireFree } from './disk-trouble.ts'
import { storeProof } from './proofs.ts'
import { decodeWeights, encodeWeights, type RunFiles, weightsFileBytes } from './run-files.ts'
import { maxSealedMembers } from './sealing/sealed-members.ts'

/** Newest checkpoints that follow each other are named as parents; one is enough for a line of descent. */
const PARENTS = 1

export interface MadeCheckpoint {
  readonly root: CID
  /** On the own held-out rows; absent for a peer that has none. */
  readonly metrics?: Metrics
  /** The sealed announcement, to be published after the checkpoint is on the disk. */
  readonly announcement: Uint8Array
}

export interface CheckpointInit {
  readonly peer: Peer
  readonly run: RunFiles
  readonly vectors: Vectors
  /** Number of own held-out rows. */
  readonly heldOut: number
  readonly incarnation: Uint8Array
}

/**
 * Makes a checkpoint: the mean of the own and the neighbours' public copies, in a robust run their median (a single
 * author's copy is not a good model), measured on the own held-out rows if there are any, stored, kept and on the disk when this resolves.
 */
export async function makeCheckpoint(
  { peer, run, vectors, heldOut, incarnation }: CheckpointInit,
  { round, seq, phase, delta, signed }: CheckpointRequest
): Promise<MadeCheckpoint> {
  const wantsProof = run.manifest.checkpoint.proof === 'snapshots'
  const self = { author: peer.id, delta, incarnation, ...(wantsProof ? { signed } : {}) }
  const { weights, rule, cut, proven } = await vectors.average(self)
  const metrics = heldOut > 0 ? await vectors.evaluate(weights) : undefined
  const createdAt = Date.now()
  const author = authorOf(peer.key)
  const runText = run.id.toString()
  const parents = (await peer.storage.checkpoints.list(runText)).slice(0, PARENTS).map(({ root }) => root.bytes)
  const shared = run.manifest.share.metrics ? metrics : undefined
  const { accuracy, rmse } = shared ?? {}
  const manifest: Omit<CheckpointManifest, 'weights'> = {
    v: 1,
    run: run.id.bytes,
    author,
    seq,
    round,
    parents,
    cut: cut.map((entry) => ({ author: peerBytes(entry.author), ...entry.version })),
    rule,
    model: run.manifest.model,
    metrics: shared === undefined ? [] : [{ author, split: 'holdOut', ...shared }],
    createdAt
  }
  const files = 1 + (proven?.length ?? 0)
  await requireFree(peer.home.dir, files * weightsFileBytes(run.manifest.parameterCount))
  const { root } = await peer.storage.checkpoints.put({
    run: runText,
    seq,
    round,
    createdAt: await peer.storage.checkpoints.afterLatest(runText, createdAt),
    weights: encodeWeights(run.shared.layout, weights),
    encode: async (links) => {
      const proof = proven === undefined ? {} : { proof: await storeProof(peer.storage, run, proven) }
      return encodeCheckpoint({ ...manifest, ...links, ...proof })
    }
  })
  await dropOldCheckpoints(peer.storage, runText)
  const announcement = await sealCheckpointAnnouncement(
    {
      run: run.id.bytes,
      author,
      checkpoint: root.bytes,
      seq,
      round,
      phase,
      createdAt,
      ...(accuracy === undefined ? {} : { accuracy }),
      ...(rmse === undefined ? {} : { rmse })
    },
    peer.key
  )
  return { root, announcement, ...(metrics === undefined ? {} : { metrics }) }
}

/** Most bytes that a checkpoint and all that it links to may take: model, weights, and in a proof a copy for each author of the cut. */
export function maxCheckpointBytes({ manifest }: RunFiles, seal?: CheckpointNews['seal']): number {
  const { parameterCount, checkpoint, averaging } = manifest
  // The author and at most 2k links (DESIGN 5).
  const ordinary = checkpoint.proof === 'snapshots' ? Math.min(MAX_CUT, 2 * averaging.k + 1) : 0
  return (2 + (seal === undefined ? ordinary : maxSealedMembers(parameterCount))) * weightsFileBytes(parameterCount)
}

/** Fetches and keeps an announced checkpoint of at most so many bytes; which ones are dropped for it is not its matter. `createdAt`: its place among those kept here. */
export async function keepCheckpoint(
  storage: Storage,
  run: RunFiles,
  { announcement }: CheckpointNews,
  { createdAt, ...options }: { readonly signal?: AbortSignal; readonly maxBytes: number; readonly createdAt: number }
): Promise<CID> {
  const root = CID.decode(announcement.checkpoint)
  const details = {
    kind: 'checkpoint',
    by: 'policy',
    run: run.id.toString(),
    seq: announcement.seq,
    round: announcement.round,
    createdAt
  } as const
  await storage.pins.keep(root, details, options)
  return root
}

/** Keeps the newest few and frees the space of the others: a long run would fill the disk with them. */
export async function dropOldCheckpoints(storage: Storage, run: string): Promise<void> {
  const dropped = await storage.checkpoints.keepLast(run)
  if (dropped.length > 0) await storage.sweep({ only: dropped })
}

export interface LoadedCheckpoint {
  readonly manifest: CheckpointManifest
  /** Those that peers share, shape [n]. */
  readonly weights: Float32Array
}

/** Reads a checkpoint of a run, from here or from peers. Throws InvalidRecordError, SafetensorsError, DeadlineError. */
export async function loadCheckpoint(
  storage: Storage,
  run: RunFiles,
  root: CID,
  options: { signal?: AbortSignal; timeoutMs?: number } = {}
): Promise<LoadedCheckpoint> {
  const manifest = parseCheckpoint(await storage.getBlock(root, options))
  const maxBytes = weightsFileBytes(run.manifest.parameterCount)
  const file = await storage.getFile(manifest.weights, { ...options, maxBytes })
  return { manifest, weights: decodeWeights(run.shared.layout, file) }
}
