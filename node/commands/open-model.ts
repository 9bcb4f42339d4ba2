import type { CID } from 'multiformats/cid'
import type { OpenedModel } from '../run/open-model.ts'
import type { RunFiles } from '../run/run-files.ts'
import { UsageError } from './exit.ts'
import { withProgress } from './progress.ts'
import { readInvite } from './read-invite.ts'

export interface ModelOptions {
  readonly home: string
  readonly personal?: boolean
  readonly json?: boolean
}

/** A model to use, with the run that it belongs to. */
export interface ChosenModel {
  readonly run: RunFiles
  /** Of the whole model, shape [N]. */
  readonly weights: Float32Array
  /** Absent for a personal model. */
  readonly checkpoint?: { readonly root: CID; readonly round: number }
}

/** What the argument of `predict` and `evaluate` means. */
export const MODEL_ARGUMENT = [
  '<checkpoint>',
  'CID of a checkpoint in the home, or an invite: the newest checkpoint of its run; with --personal also the run id'
] as const

/** What `--personal` does. */
export const PERSONAL_OPTION = [
  '--personal',
  "use the home's own model of that run, which nobody else has, instead of the checkpoint"
] as const

/**
 * What `predict` and `evaluate` take: an invite means the run's newest checkpoint, a CID one that a home holds; with
 * `--personal` either names the run whose personal model the home holds, and nobody is asked.
 */
export async function openModel(argument: string, options: ModelOptions, signal: AbortSignal): Promise<ChosenModel> {
  const [{ fetchNewestModel, openLocalModel, openPersonalModel }, { CID }] = await Promise.all([
    import('../run/open-model.ts'),
    import('multiformats/cid')
  ])
  const isInvite = /^(starling|@|-$)/.test(argument)
  const invite = isInvite ? await readInvite(argument) : undefined
  if (options.personal === true) {
    return openPersonalModel(options.home, invite === undefined ? parseRoot(CID, argument) : CID.decode(invite.run))
  }
  if (invite === undefined) return ofCheckpoint(await openLocalModel(options.home, parseRoot(CID, argument)))
  const fetch = (say: (text: string) => void) => fetchNewestModel(invite, signal, say)
  return ofCheckpoint(await withProgress('asking the peers of the invite for the run', fetch, options))
}

function ofCheckpoint({ run, weights, root, manifest }: OpenedModel): ChosenModel {
  return { run, weights, checkpoint: { root, round: manifest.round } }
}

function parseRoot(cid: typeof CID, argument: string): CID {
  try {
    return cid.parse(argument)
  } catch (cause) {
    throw new UsageError(`${argument.slice(0, 80)} is neither an invite nor the CID of a checkpoint`, { cause })
  }
}
