import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import {
  type CheckpointManifest,
  type Invite,
  parseCheckpoint,
  parseCheckpointNews,
  parseManifest
} from '../../protocols/envelope/index.ts'
import { StateService } from '../../protocols/state-sync/index.ts'
import {
  BlockNotFoundError,
  type Home,
  memoryStores,
  openHome,
  openStorage,
  readSwarmKey,
  type Storage
} from '../../storage/index.ts'
import { createPeer, type Peer } from '../peer.ts'
import { localLayersOf } from '../vectors/index.ts'
import { type LoadedCheckpoint, loadCheckpoint } from './checkpoints.ts'
import { callInvite, locateRun } from './locate-run.ts'
import { NewestCheckpoint } from './newest-checkpoint.ts'
import { PersonalFile } from './personal-file.ts'
import { type RunFiles, readRunFiles } from './run-files.ts'

/** People read no faster. */
const PROGRESS_INTERVAL_MS = 250

/** A model to use: a checkpoint with the run that it belongs to. */
export interface OpenedModel extends LoadedCheckpoint {
  readonly root: CID
  readonly run: RunFiles
}

/** A peer's own model with the run that it belongs to. */
export type PersonalModel = Pick<OpenedModel, 'run' | 'weights'>

/** The peers that were asked know of no checkpoint yet. */
export class NoCheckpointError extends Error {
  override readonly name = 'NoCheckpointError'
  readonly code = 'ERR_NO_CHECKPOINT'
}

/** The home does not hold the checkpoint, and nobody else was asked. */
export class CheckpointNotHereError extends Error {
  override readonly name = 'CheckpointNotHereError'
  readonly code = 'ERR_CHECKPOINT_NOT_HERE'

  constructor(root: CID, dir: string, cause: unknown) {
    super(
      `checkpoint ${root} is not in the home ${dir}, and nobody else was asked: give an invite to its run instead, ` +
        'or `starling pin` it while a peer runs in the home',
      { cause }
    )
  }
}

/** A CID of something else. */
export class NotACheckpointError extends Error {
  override readonly name = 'NotACheckpointError'
  readonly code = 'ERR_NOT_A_CHECKPOINT'
}

/** A checkpoint holds no layers that its run keeps local, so it is no model by itself. */
export class LocalLayersMissingError extends Error {
  override readonly name = 'LocalLayersMissingError'
  readonly code = 'ERR_LOCAL_LAYERS_MISSING'

  constructor(layers: readonly string[]) {
    super(
      `the run's peers keep layer ${layers.join(', ')} to themselves, so its checkpoints lack it: ` +
        'use the model of a peer that trained, with --personal and --home'
    )
  }
}

/** The home has no personal model of the run. */
export class NoPersonalModelError extends Error {
  override readonly name = 'NoPersonalModelError'
  readonly code = 'ERR_NO_PERSONAL_MODEL'

  constructor({ id, manifest }: RunFiles, dir: string) {
    super(
      manifest.personalise === null
        ? `run ${id} has no personal models: leave --personal out`
        : `the home ${dir} has no personal model of run ${id}: name that of a peer that trained in it`
    )
  }
}

/**
 * Opens a checkpoint that a home holds, or the newest there of a run; nothing is fetched. Throws CheckpointNotHereError,
 * NotACheckpointError, NoCheckpointError, LocalLayersMissingError and the home's errors.
 */
export function openLocalModel(dir: string, id: CID): Promise<OpenedModel> {
  return inHome(dir, id, async ({ storage }) => {
    const bytes = await storage.getBlock(id)
    const root = isRun(bytes) ? await newestIn(storage, id, dir) : id
    const { run } = checkpointAt(root, root === id ? bytes : await storage.getBlock(root))
    const files = await readRunFiles(storage, CID.decode(run), { keep: false })
    requireWhole(files)
    return { root, run: files, ...(await loadCheckpoint(storage, files, root)) }
  })
}

async function newestIn(storage: Storage, run: CID, dir: string): Promise<CID> {
  const newest = await storage.checkpoints.latest(run.toString())
  if (newest !== undefined) return newest.root
  throw new NoCheckpointError(
    `${run} is a run, and the home ${dir} holds no checkpoint of it: give an invite to it instead, or wait for the first one`
  )
}

/**
 * Opens the personal model that a home holds of a run, named by itself or by one of its checkpoints. Throws
 * NoPersonalModelError, CheckpointNotHereError, NotACheckpointError, what a damaged file throws, and the home's errors.
 */
export function openPersonalModel(dir: string, id: CID): Promise<PersonalModel> {
  return inHome(dir, id, async ({ home, storage }) => {
    const bytes = await storage.getBlock(id)
    const named = isRun(bytes) ? id : CID.decode(checkpointAt(id, bytes).run)
    const run = await readRunFiles(storage, named, { keep: false })
    const weights = await new PersonalFile(home, run).read()
    if (weights === undefined) throw new NoPersonalModelError(run, dir)
    return { run, weights }
  })
}

async function inHome<T>(
  dir: string,
  root: CID,
  read: (opened: { home: Home; storage: Storage }) => Promise<T>
): Promise<T> {
  const home = await openHome(dir)
  try {
    const storage = await openStorage({ home })
    try {
      return await read({ home, storage })
    } catch (cause) {
      throw cause instanceof BlockNotFoundError ? new CheckpointNotHereError(root, dir, cause) : cause
    } finally {
      await storage.close()
    }
  } finally {
    await home.close()
  }
}

function requireWhole({ manifest }: RunFiles): void {
  const layers = localLayersOf(manifest)
  if (layers.length > 0) throw new LocalLayersMissingError(layers)
}

function checkpointAt(root: CID, bytes: Uint8Array): CheckpointManifest {
  try {
    return parseCheckpoint(bytes)
  } catch (cause) {
    throw new NotACheckpointError(
      `${root} is neither a checkpoint nor a run: ` +
        '`starling checkpoints` lists those in the home, and an invite means the newest of its run',
      { cause }
    )
  }
}

function isRun(bytes: Uint8Array): boolean {
  try {
    return parseManifest(bytes).v === 1
  } catch {
    return false
  }
}

/**
 * Fetches the newest checkpoint that the peers at the invite's addresses know of, through a peer that lives in a
 * temporary home for as long as this takes, with the swarm key of the user's `home`. Throws RunNotFoundError, NoCheckpointError,
 * LocalLayersMissingError, DeadlineError.
 */
export async function fetchNewestModel(
  invite: Invite,
  home: string,
  signal: AbortSignal,
  say: (text: string) => void
): Promise<OpenedModel> {
  const dir = await mkdtemp(join(tmpdir(), 'starling-model-'))
  try {
    const swarmKey = await readSwarmKey(home)
    const secret = swarmKey === undefined ? {} : { swarmKey }
    const peer = await createPeer({ home: dir, listen: [], stores: memoryStores(), ...secret })
    try {
      const run = await locateRun(peer, invite, signal)
      requireWhole(run)
      const root = await newestCheckpoint(peer, invite, run, signal)
      const stop = watchFetch(peer, run, say)
      try {
        return { root, run, ...(await loadCheckpoint(peer.storage, run, root, { signal })) }
      } finally {
        stop()
      }
    } finally {
      await peer.stop()
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}

/** Says how much of the newest checkpoint has come, until it is stopped. */
function watchFetch({ traffic }: Peer, run: RunFiles, say: (text: string) => void): () => void {
  const before = traffic.totals.receivedBytes
  const total = (4 * run.topology.parameterCount) / 1e6
  const tell = () => {
    const received = Math.min(total, (traffic.totals.receivedBytes - before) / 1e6)
    say(`fetching the newest checkpoint: ${received.toFixed(1)} of ${total.toFixed(1)} MB`)
  }
  tell()
  const timer = setInterval(tell, PROGRESS_INTERVAL_MS)
  return () => clearInterval(timer)
}

async function newestCheckpoint(peer: Peer, invite: Invite, run: RunFiles, signal: AbortSignal): Promise<CID> {
  const state = new StateService({
    libp2p: peer.libp2p,
    protocol: `/starling/${invite.network}/state/1.0.0`,
    run: run.id.bytes,
    parameterCount: run.manifest.parameterCount,
    copyOf: async () => undefined,
    newestCheckpoint: () => undefined
  })
  const newest = new NewestCheckpoint()
  const peers = await callInvite(peer, invite, signal)
  await Promise.allSettled(
    peers.map(async (id) => {
      const sealed = await state.fetchCheckpoint(id)
      if (sealed !== undefined) newest.offer(await parseCheckpointNews(sealed))
    })
  )
  if (newest.announced === undefined) {
    throw new NoCheckpointError(
      `the peers of the invite know of no checkpoint of run ${run.id} yet: wait for the first one, ` +
        `after ${run.manifest.checkpoint.everyRounds} rounds`
    )
  }
  return CID.decode(newest.announced.announcement.checkpoint)
}
