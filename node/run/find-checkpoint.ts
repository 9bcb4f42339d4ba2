import { CID } from 'multiformats/cid'
import { equals } from 'uint8arrays/equals'
import {
  type CheckpointNews,
  InvalidRecordError,
  type Invite,
  parseCheckpointNews
} from '../../protocols/envelope/index.ts'
import { peerText } from '../../protocols/links/index.ts'
import type { StateService } from '../../protocols/state-sync/index.ts'
import type { Storage } from '../../storage/index.ts'
import type { CheckpointCopy } from '../participant/index.ts'
import { loadCheckpoint } from './checkpoints.ts'
import { invitedMembers } from './locate-run.ts'
import { compareCheckpoints } from './newest-checkpoint.ts'
import type { RunFiles } from './run-files.ts'
import type { RunNetwork } from './run-network.ts'

/** Whoever knows a checkpoint says so within a round trip; peers that are gone are not waited for. */
const ASK_MS = 5000

/** A checkpoint whose holder serves 4 MB a second, or is gone: the next best is tried. */
const FETCH_MS = 60_000

/** Of more announcements than these, each by somebody else, one will be kept by somebody. */
const MAX_ATTEMPTS = 3

export interface FindCheckpointInit {
  readonly network: Pick<RunNetwork, 'state' | 'links'>
  readonly storage: Storage
  readonly run: RunFiles
  readonly invite: Invite | undefined
  readonly signal: AbortSignal
  readonly onNotice: (message: string) => void
}

export interface FoundCheckpoint {
  readonly announced: CheckpointNews
  readonly copy: CheckpointCopy
}

/**
 * The newest checkpoint of a run that anybody knows and somebody gives, as a copy to start from; undefined when there is
 * none. That it is what its author signed is checked; that it is good, nobody can. Never rejects.
 */
export async function findCheckpoint({
  network,
  invite,
  signal,
  ...init
}: FindCheckpointInit): Promise<FoundCheckpoint | undefined> {
  const { links, members } = network.links
  const invited = invite === undefined ? [] : invitedMembers(invite).map(({ id }) => id)
  const ids = new Set([...links.keys(), ...invited, ...members.known().map(({ peer }) => peerText(peer))])
  const answers = await Promise.all([...ids].map((id) => askFor(network.state, id, init.run)))
  const known = answers.flatMap((announced) => announced ?? []).sort(compareCheckpoints)
  const newestFirst = known.filter(({ hash }, at) => known.findIndex((other) => equals(other.hash, hash)) === at)
  for (const announced of newestFirst.slice(0, MAX_ATTEMPTS)) {
    if (signal.aborted) return undefined
    try {
      return { announced, copy: await load(announced, { ...init, signal }) }
    } catch (error) {
      const name = CID.decode(announced.announcement.checkpoint)
      if (!signal.aborted) init.onNotice(`checkpoint ${name} cannot be had: ${(error as Error).message}`)
    }
  }
  return undefined
}

async function askFor(
  state: Pick<StateService, 'fetchCheckpoint'>,
  id: string,
  run: RunFiles
): Promise<CheckpointNews | undefined> {
  const { promise: late, resolve } = Promise.withResolvers<undefined>()
  const timer = setTimeout(resolve, ASK_MS, undefined)
  try {
    const sealed = await Promise.race([state.fetchCheckpoint(id), late])
    const announced = sealed === undefined ? undefined : await parseCheckpointNews(sealed)
    return announced !== undefined && equals(announced.announcement.run, run.id.bytes) ? announced : undefined
  } catch {
    return undefined // Gone, or it says what is no announcement: the others are asked too.
  } finally {
    clearTimeout(timer)
  }
}

async function load(
  { announcement, seal }: CheckpointNews,
  { storage, run, signal }: Pick<FindCheckpointInit, 'storage' | 'run' | 'signal'>
): Promise<CheckpointCopy> {
  const root = CID.decode(announcement.checkpoint)
  const { manifest, weights } = await loadCheckpoint(storage, run, root, { signal, timeoutMs: FETCH_MS })
  const isTheirs = manifest.author === undefined ? seal !== undefined : equals(manifest.author, announcement.author)
  if (!equals(manifest.run, run.id.bytes) || !isTheirs) {
    throw new InvalidRecordError('wrong-run', "it is another run's, or not by who announced it")
  }
  const copy = new Uint8Array(weights.buffer, weights.byteOffset, weights.byteLength)
  return { round: manifest.round, copy, name: root.toString() }
}
