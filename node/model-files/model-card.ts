import { parseTask } from '../../protocols/envelope/index.ts'
import type { TaskSchema } from '../data/index.ts'
import { isDeeperThan } from '../training/json-depth.ts'
import { MAX_JSON_LEVELS } from '../training/topology-limits.ts'

/** Version of the document; a reader refuses what it does not know. */
const CARD_VERSION = 1

/** Where a model comes from: claims of whoever wrote the file, for people to look up. */
export interface ModelOrigin {
  /** CID of the run. */
  readonly run?: string
  /** CID of the checkpoint; absent for a peer's personal model. */
  readonly checkpoint?: string
  /** Of the checkpoint. */
  readonly round?: number
}

/** What an exported file says about its model beside the numbers: all that is needed to use them alone. */
export interface ModelCard extends ModelOrigin {
  /** Columns with their normalisation and categories, the label, and its classes or unit. */
  readonly task: TaskSchema
  /** Class and configuration as Keras serialises them; absent where the format says it in a place of its own. */
  readonly model?: object
}

/** A card that cannot be read. */
export class ModelCardError extends Error {
  override readonly name = 'ModelCardError'
  readonly code = 'ERR_MODEL_CARD'
}

/** Name under which every format that names its texts keeps the card. */
export const CARD_KEY = 'starling'

/** One JSON document, in every format the same. */
export function cardDocument({ task, model, run, checkpoint, round }: ModelCard): object {
  return { v: CARD_VERSION, task, model, run, checkpoint, round }
}

/** Reads the text of a card. Throws ModelCardError. */
export function parseCard(text: string): ModelCard {
  try {
    return readCard(JSON.parse(text))
  } catch (cause) {
    if (cause instanceof ModelCardError) throw cause
    throw new ModelCardError('its description is no JSON document', { cause })
  }
}

/** Reads a card's document, trusting nothing in it. Throws ModelCardError. */
export function readCard(document: unknown): ModelCard {
  if (isDeeperThan(document, MAX_JSON_LEVELS)) throw new ModelCardError('its description has too many levels')
  const { v, task, model, run, checkpoint, round } = requireObject(document, 'its description')
  if (v !== CARD_VERSION) {
    throw new ModelCardError(`its description has version ${shown(v)}, this program reads ${CARD_VERSION}`)
  }
  return {
    task: readTask(task),
    ...(model === undefined ? {} : { model: requireObject(model, 'the model in its description') }),
    ...(isCidText(run) ? { run } : {}),
    ...(isCidText(checkpoint) ? { checkpoint } : {}),
    ...(typeof round === 'number' && Number.isSafeInteger(round) && round >= 0 ? { round } : {})
  }
}

function readTask(task: unknown): TaskSchema {
  try {
    return parseTask(task)
  } catch (cause) {
    throw new ModelCardError(`its description is damaged: ${(cause as Error).message}`, { cause })
  }
}

function requireObject(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>
  throw new ModelCardError(`${what} is no JSON object`)
}

/** Printed as it is, so nothing but what a CID is made of. */
function isCidText(value: unknown): value is string {
  return typeof value === 'string' && /^[a-zA-Z0-9]{1,100}$/.test(value)
}

function shown(value: unknown): string {
  return typeof value === 'number' || typeof value === 'string' ? JSON.stringify(value).slice(0, 20) : typeof value
}
