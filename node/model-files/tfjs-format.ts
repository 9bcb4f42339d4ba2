import { dirname } from 'node:path'
import { encodeTfjs } from '../../storage/formats/index.ts'
import { decodeTopology, isObject, readManifestTensors } from '../training/index.ts'
import { UnreadableModelError } from './errors.ts'
import { CARD_KEY, cardDocument, readCard } from './model-card.ts'
import type { ModelFormat } from './model-format.ts'
import { modelTopologyOf, tensorsOf } from './portable-model.ts'

/** Regressions and classifications end in different layers; the weights are the same. */
const LOSSES = ['softmax-cross-entropy', 'mean-squared-error'] as const

/** `model.json` and shards, as `tf.loadLayersModel` reads them; the card is in its `userDefinedMetadata`. */
export const tfjsFormat: ModelFormat = {
  name: 'tfjs',
  ending: '.json',
  encode: (model, name) => {
    const userDefinedMetadata = { [CARD_KEY]: cardDocument({ task: model.task, ...model.origin }) }
    return encodeTfjs({ modelTopology: modelTopologyOf(model), tensors: tensorsOf(model), userDefinedMetadata }, name)
  },
  decode: async (bytes, path) => {
    const json = parse(bytes, path)
    const { modelTopology: model, weightsManifest, userDefinedMetadata: notes } = json
    if (!isObject(model)) throw new UnreadableModelError(path, 'it has no modelTopology')
    const tensors = await readManifestTensors(dirname(path), weightsManifest, await parametersOf(model))
    if (tensors === undefined) throw new UnreadableModelError(path, 'no file of its weights lies beside it')
    const card = isObject(notes) && notes[CARD_KEY] !== undefined ? readCard(notes[CARD_KEY]) : undefined
    return { tensors, model, ...(card === undefined ? {} : { card }) }
  }
}

function parse(bytes: Uint8Array, path: string): Readonly<Record<string, unknown>> {
  let json: unknown
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (cause) {
    throw new UnreadableModelError(path, 'it is not JSON, or cut short', cause)
  }
  if (isObject(json)) return json
  throw new UnreadableModelError(path, 'it is no JSON object')
}

/** How many weights there can be, before any are read. */
async function parametersOf(modelTopology: object): Promise<number> {
  const bytes = new TextEncoder().encode(JSON.stringify({ modelTopology }))
  const [classification, regression] = LOSSES
  const topology = await decodeTopology(bytes, classification).catch((error: unknown) =>
    decodeTopology(bytes, regression).catch(() => {
      throw error
    })
  )
  return topology.parameterCount
}
