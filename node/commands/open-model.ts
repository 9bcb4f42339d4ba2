import type { CID } from 'multiformats/cid'
import { isModelFile } from '../model-files/formats.ts'
import type { PortableModel } from '../model-files/index.ts'
import type { OpenedModel, PersonalModel } from '../run/open-model.ts'
import { UsageError } from './exit.ts'
import { withProgress } from './progress.ts'
import { readInvite } from './read-invite.ts'

export interface ModelOptions {
  readonly home: string
  readonly personal?: boolean
  readonly json?: boolean
}

/** A model to use, and in which words the user finds it again. */
export interface ChosenModel {
  readonly model: PortableModel
  /** For a JSON document: the checkpoint, the file, or that it is personal. */
  readonly source: { readonly checkpoint: string } | { readonly file: string } | { readonly personal: true }
}

/** What the argument of `predict`, `evaluate` and `export` means. */
export const MODEL_ARGUMENT = [
  '<checkpoint>',
  'CID of a checkpoint in the home; a run id: its newest checkpoint in the home; an invite: the newest that its peers ' +
    'know; with --personal an invite or run id means its personal model'
] as const

/** The same for verbs that take the files of `export` too. */
export const MODEL_OR_FILE_ARGUMENT = [
  '<checkpoint>',
  `${MODEL_ARGUMENT[1]}; or a file that \`export\` wrote (.safetensors, .json, .onnx, .npz)`
] as const

/** What `--personal` does. */
export const PERSONAL_OPTION = [
  '--personal',
  "use the home's own model of that run, which nobody else has, instead of the checkpoint"
] as const

/**
 * What `predict` and `evaluate` take: an invite means the run's newest checkpoint, a CID a checkpoint that a home holds
 * or a run's newest there, a path a model file; with `--personal` an invite or a CID names the run whose personal model
 * the home holds, and nobody is asked.
 */
export async function openModel(argument: string, options: ModelOptions, signal: AbortSignal): Promise<ChosenModel> {
  if (isModelFile(argument)) return openFile(argument, options)
  const [{ fetchNewestModel, openLocalModel, openPersonalModel }, { CID }] = await Promise.all([
    import('../run/open-model.ts'),
    import('multiformats/cid')
  ])
  const isInvite = /^(starling|@|-$)/.test(argument)
  const invite = isInvite ? await readInvite(argument) : undefined
  if (options.personal === true) {
    const id = invite === undefined ? parseRoot(CID, argument) : CID.decode(invite.run)
    return ofPersonal(await openPersonalModel(options.home, id))
  }
  if (invite === undefined) return ofCheckpoint(await openLocalModel(options.home, parseRoot(CID, argument)))
  const fetch = (say: (text: string) => void) => fetchNewestModel(invite, options.home, signal, say)
  return ofCheckpoint(await withProgress('asking the peers of the invite for the run', fetch, options))
}

async function openFile(path: string, { personal }: ModelOptions): Promise<ChosenModel> {
  if (personal === true) throw new UsageError(`--personal is for runs, and ${path} is a file: leave one of them out`)
  const { openModelFile } = await import('../model-files/index.ts')
  return { model: await openModelFile(path), source: { file: path } }
}

function ofCheckpoint({ run, weights, root, manifest }: OpenedModel): ChosenModel {
  const checkpoint = root.toString()
  const origin = { run: run.id.toString(), checkpoint, round: manifest.round }
  return { model: { ...partsOf(run), weights, origin }, source: { checkpoint } }
}

function ofPersonal({ run, weights }: PersonalModel): ChosenModel {
  return { model: { ...partsOf(run), weights, origin: { run: run.id.toString() } }, source: { personal: true } }
}

function partsOf({ manifest, topology, modelJson }: OpenedModel['run']) {
  return { task: manifest.task, topology, modelJson }
}

function parseRoot(cid: typeof CID, argument: string): CID {
  try {
    return cid.parse(argument)
  } catch (cause) {
    const what =
      'neither an invite, nor the CID of a checkpoint or run, nor the path of a file that `starling export` wrote'
    throw new UsageError(`${argument.slice(0, 80)} is ${what}`, { cause })
  }
}
