import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CID } from 'multiformats/cid'
import { payloadBytes } from '../../protocols/averaging/index.ts'
import { authorOf, type Invite, MAX_DELTA_HEADER_BYTES } from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import {
  BlockNotFoundError,
  HomeNotFoundError,
  openHome,
  openStorage,
  peekIdentity,
  readSwarmKey
} from '../../storage/index.ts'
import { createPeer } from '../peer.ts'
import { type EngineKind, startEngine } from '../training/index.ts'
import { readRows } from '../vectors/index.ts'
import { type DraftManifest, type DraftRun, manifestOf } from './create-run.ts'
import { locateRun } from './locate-run.ts'
import { type RunFiles, readRunFiles } from './run-files.ts'

/** A peer closes with at least five rounds and says once that it is done (DESIGN 5). */
const MIN_ROUNDS_AFTER_TRAINING = 6

/** What this peer would let others see, and what it would not. */
export interface Preview {
  readonly v: 1
  /** `null` while the home has no identity yet. */
  readonly peer: string | null
  readonly addresses: readonly string[]
  readonly manifest: DraftManifest
  readonly parameters: number
  /** In every delta header; absent where the run does not share it. */
  readonly samples?: number
  /** In checkpoints, with accuracy and loss on them; absent where the run does not share metrics. */
  readonly heldOut?: number
  readonly lossOfEachRound: boolean
  readonly engine: string
  readonly delta: {
    readonly codec: string
    readonly payloadBytes: number
    readonly maxHeaderBytes: number
    /** In a whole run: one a round, and those after its last. */
    readonly atLeast: number
  }
  readonly checkpoint: { readonly bytes: number; readonly everyRounds: number }
  /** Columns of the files that the run does not use: like all rows, they stay. */
  readonly unusedColumns: readonly string[]
}

export interface PreviewInit {
  readonly home: string
  readonly addresses: (peer: string | null) => readonly string[]
  readonly data: readonly string[]
  readonly test?: string
  readonly seed: number
  readonly engine?: EngineKind
}

/** A run of which the home has no part, where nobody was to be asked for it. */
export class RunNotHereError extends Error {
  override readonly name = 'RunNotHereError'
  readonly code = 'ERR_RUN_NOT_HERE'

  constructor(run: CID, home: string, cause: unknown) {
    super(
      `the home ${home} does not hold run ${run}, and preview opens no network: add --fetch to get the run's columns ` +
        'from the peers of the invite first, under a name that is thrown away',
      { cause }
    )
  }
}

/** Reads files and identity; opens no network, and makes no home. Throws the data's errors. */
export async function previewRun(init: PreviewInit, run: DraftRun | RunFiles): Promise<Preview> {
  const manifest = 'plan' in run ? manifestOf(run) : run.manifest
  const { parameterCount } = run.shared.layout
  const key = await peekIdentity(init.home)
  const peer = key === undefined ? null : peerText(authorOf(key))
  const counts = await countRows(init, manifest)
  const { name, version } = await startEngine(init.engine)
  return {
    v: 1,
    peer,
    addresses: init.addresses(peer),
    manifest,
    parameters: parameterCount,
    ...(manifest.share.samples ? { samples: counts.training } : {}),
    ...(manifest.share.metrics ? { heldOut: counts.heldOut } : {}),
    lossOfEachRound: manifest.share.metrics,
    engine: `${name} ${version}`,
    delta: {
      codec: manifest.averaging.codec,
      payloadBytes: payloadBytes(manifest.averaging.codec, parameterCount),
      maxHeaderBytes: MAX_DELTA_HEADER_BYTES,
      atLeast: manifest.training.rounds + MIN_ROUNDS_AFTER_TRAINING
    },
    checkpoint: { bytes: 4 * parameterCount, everyRounds: manifest.checkpoint.everyRounds },
    unusedColumns: counts.unusedColumns
  }
}

async function countRows({ data, test, seed }: PreviewInit, { task, evaluation }: DraftManifest) {
  let training = 0
  let heldOut = 0
  const unusedColumns = new Set<string>()
  for (const path of data) {
    const rows = await readRows({
      task,
      data: path,
      holdOut: evaluation.holdOut,
      seed,
      ...(test === undefined ? {} : { test })
    })
    training += rows.training.count
    heldOut += rows.heldOut.count
    for (const column of rows.notes.ignoredColumns) unusedColumns.add(column)
  }
  return { training, heldOut, unusedColumns: [...unusedColumns] }
}

/** The invited run's parts as the home holds them. Throws RunNotHereError, HomeInUseError. */
export async function findRun(dir: string, invite: Invite): Promise<RunFiles> {
  const id = CID.decode(invite.run)
  try {
    const home = await openHome(dir)
    try {
      const storage = await openStorage({ home })
      try {
        return await readRunFiles(storage, id, { keep: false })
      } finally {
        await storage.close()
      }
    } finally {
      await home.close()
    }
  } catch (cause) {
    if (cause instanceof HomeNotFoundError || cause instanceof BlockNotFoundError) {
      throw new RunNotHereError(id, dir, cause)
    }
    throw cause
  }
}

/** The invited run's parts from its peers, through a peer that lives in a temporary home for as long as this takes, with the swarm key of the user's `home`. */
export async function fetchRun(invite: Invite, home: string, signal: AbortSignal): Promise<RunFiles> {
  const dir = await mkdtemp(join(tmpdir(), 'starling-preview-'))
  try {
    const swarmKey = await readSwarmKey(home)
    const peer = await createPeer({ home: dir, listen: [], ...(swarmKey === undefined ? {} : { swarmKey }) })
    try {
      return await locateRun(peer, invite, signal)
    } finally {
      await peer.stop()
    }
  } finally {
    await rm(dir, { recursive: true, force: true })
  }
}
