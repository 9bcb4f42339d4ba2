import type { Command } from 'commander'
import { MODEL_ENDINGS } from '../model-files/formats.ts'
import type { StartingModel } from '../run/starting-model.ts'
import { interruptSignal, UsageError } from './exit.ts'
import { openModel } from './open-model.ts'

/** A model that a run starts from. */
export interface StartingOptions {
  readonly from?: string
  readonly initial?: string
}

/** What a model that brings its own schema leaves nothing to say about. */
const SCHEMA_OPTIONS = ['label', 'classes', 'task', 'model'] as const

type SchemaOptions = { readonly [name in (typeof SCHEMA_OPTIONS)[number]]?: unknown }

export function addStartingOptions(command: Command): Command {
  return command
    .option(
      '--from <checkpoint>',
      'start from a checkpoint, its schema and its model: a CID or run in the home, an invite, or a file of `export`'
    )
    .option(
      '--initial <file>',
      `start from the weights in a file (${MODEL_ENDINGS.join(', ')}), and its model if it has one`
    )
}

/** Throws UsageError for words that contradict each other. */
export function requireOneStart(
  options: StartingOptions & SchemaOptions & { readonly data?: readonly string[] }
): void {
  const { from, initial, data = [] } = options
  if (from !== undefined && initial !== undefined) {
    throw new UsageError(`--from ${from} is not for --initial ${initial}: a run starts from one model`)
  }
  const repeated = from === undefined ? undefined : SCHEMA_OPTIONS.find((name) => options[name] !== undefined)
  if (repeated !== undefined) {
    throw new UsageError(`--${repeated} is not for --from ${from}: its schema and its model are taken over`)
  }
  if (data.length === 0 && from === undefined) {
    throw new UsageError('give --data FILES whose columns make the schema, or --from a checkpoint to take over its own')
  }
}

/** Opens what the options name. Throws what `openModel` and `readModelFile` throw. */
export async function readStart({
  from,
  initial,
  home,
  model,
  json
}: StartingOptions & { home: string; model?: string; json?: boolean }): Promise<StartingModel | undefined> {
  if (from !== undefined) return startFrom(from, { home, ...(json === undefined ? {} : { json }) })
  if (initial === undefined) return undefined
  const { readModelFile } = await import('../model-files/index.ts')
  const contents = await readModelFile(initial)
  const own = model === undefined && contents.model !== undefined ? { model: contents.model } : {}
  return { source: initial, tensors: contents.tensors, ...own }
}

async function startFrom(source: string, options: { home: string; json?: boolean }): Promise<StartingModel> {
  const { signal, dispose } = interruptSignal()
  try {
    const [{ tensorsOf }, { model }] = await Promise.all([
      import('../model-files/index.ts'),
      openModel(source, options, signal)
    ])
    return { source, task: model.task, modelJson: model.modelJson, tensors: tensorsOf(model) }
  } finally {
    dispose()
  }
}
