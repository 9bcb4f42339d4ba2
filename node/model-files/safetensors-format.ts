import { decodeDescribedSafetensors, encodeSafetensors } from '../../storage/formats/index.ts'
import { CARD_KEY, cardDocument, parseCard } from './model-card.ts'
import type { ModelFormat } from './model-format.ts'
import { modelTopologyOf, tensorsOf } from './portable-model.ts'

/** Tensors by the names of the model's weights, and the card in `__metadata__`, which a checkpoint's own file lacks. */
export const safetensorsFormat: ModelFormat = {
  name: 'safetensors',
  ending: '.safetensors',
  encode: (model, name) => {
    const card = cardDocument({ task: model.task, model: modelTopologyOf(model), ...model.origin })
    return [{ name, bytes: encodeSafetensors(tensorsOf(model), { [CARD_KEY]: JSON.stringify(card) }) }]
  },
  decode: (bytes) => {
    const { tensors, metadata } = decodeDescribedSafetensors(bytes)
    const text = metadata[CARD_KEY]
    if (text === undefined) return { tensors }
    const card = parseCard(text)
    return { tensors, card, ...(card.model === undefined ? {} : { model: card.model }) }
  }
}
