import { decodeOnnx, encodeOnnx } from '../../storage/formats/index.ts'
import { CARD_KEY, cardDocument, parseCard } from './model-card.ts'
import type { ModelFormat } from './model-format.ts'
import { isInternal, modelGraph } from './onnx/index.ts'
import { modelTopologyOf } from './portable-model.ts'

/**
 * A graph from raw columns to answers. Its weights keep names and shapes of the model, and the card is in
 * `metadata_props`, so that the file can be read back.
 */
export const onnxFormat: ModelFormat = {
  name: 'onnx',
  ending: '.onnx',
  encode: (model, name) => {
    const card = cardDocument({ task: model.task, model: modelTopologyOf(model), ...model.origin })
    return [{ name, bytes: encodeOnnx(modelGraph(model), { [CARD_KEY]: JSON.stringify(card) }) }]
  },
  decode: (bytes) => {
    const { metadata, tensors: constants } = decodeOnnx(bytes)
    const tensors = constants.filter(({ name }) => !isInternal(name))
    const text = metadata[CARD_KEY]
    if (text === undefined) return { tensors }
    const card = parseCard(text)
    return { tensors, card, ...(card.model === undefined ? {} : { model: card.model }) }
  }
}
