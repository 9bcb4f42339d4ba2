import { encodeNpz, npyMember } from '../../storage/formats/index.ts'
import { type NpyArray, numbersOf, openNpz } from '../data/index.ts'
import { CARD_KEY, cardDocument, parseCard } from './model-card.ts'
import type { ModelFormat } from './model-format.ts'
import { modelTopologyOf, tensorsOf } from './portable-model.ts'

/** A member that is no array: `numpy.load(…)['starling.json']` gives its bytes. */
const CARD_FILE = `${CARD_KEY}.json`

/** An archive of NumPy: an array for each weight, by its name, and the card as JSON. */
export const npzFormat: ModelFormat = {
  name: 'npz',
  ending: '.npz',
  encode: (model, name) => {
    const card = cardDocument({ task: model.task, model: modelTopologyOf(model), ...model.origin })
    const text = { name: CARD_FILE, bytes: new TextEncoder().encode(JSON.stringify(card)) }
    return [{ name, bytes: encodeNpz([...tensorsOf(model).map(npyMember), text]) }]
  },
  decode: async (bytes, path) => {
    const archive = await openNpz(path, Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength))
    const tensors = archive.unpack(archive.names).map((array, at) => tensorOf(array, archive.names[at]!))
    const text = archive.unpackFile(CARD_FILE)
    if (text === undefined) return { tensors }
    const card = parseCard(text.toString('utf8'))
    return { tensors, card, ...(card.model === undefined ? {} : { model: card.model }) }
  }
}

function tensorOf(array: NpyArray, name: string) {
  const values = numbersOf(array)
  return { name, shape: array.shape, data: values instanceof Float32Array ? values : Float32Array.from(values) }
}
