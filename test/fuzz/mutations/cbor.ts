/** Mutations that keep CBOR well-formed around the damage, so that it reaches what lies behind the first checks. */
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import type { Draws } from '../draws.ts'
import { type Mutation, replaced } from './bytes.ts'
import { type CborItem, cborHead, cborItems } from './cbor-items.ts'

const hex = (text: string): Uint8Array => fromString(text, 'base16')

const MAJOR_BYTES = 2
const MAJOR_TEXT = 3
const FLOAT64_HEAD = 0xfb

/** A CIDv1 (dag-cbor, sha2-256) of 36 bytes. */
const CID_HEX = `01711220${'ab'.repeat(32)}`

/** What a field may not be, or only just: other types, ends of ranges, and what DAG-CBOR forbids. */
const STRANGE_ITEMS: readonly Uint8Array[] = [
  ...[
    '00',
    '01',
    '17',
    '1818',
    '19ffff',
    '1affffffff',
    '1b001fffffffffffff',
    '1b0020000000000001',
    '1bffffffffffffffff'
  ],
  ...['20', '37', '3affffffff', '3b001fffffffffffff', '3bffffffffffffffff'],
  ...['fb7ff8000000000000', 'fb7ff0000000000000', 'fbfff0000000000000', 'fb8000000000000000', 'fb7fefffffffffffff'],
  ...['fb0000000000000001', 'fb3fe0000000000000', 'fbbff0000000000000', 'f93c00', 'fa3f800000'],
  ...['f4', 'f5', 'f6', 'f7', 'e0', 'f8ff', 'ff'],
  ...['40', '4100', '5818', `5820${'ab'.repeat(32)}`, `5824${CID_HEX}`, '5f4101ff'],
  ...['60', '6161', '62c328', '631b5b41', '63e280ae', '63efbbbf', '67657665727900', '7f6161ff', '695f5f70726f746f5f5f'],
  ...['80', '8100', '83010203', '9f01ff', '9a00100000'],
  ...['a0', 'a1616100', 'a2616100616100', 'a10000', 'bf616100ff', 'a1695f5f70726f746f5f5fa0'],
  ...['c101', 'c249010000000000000000', 'd82a4100', `d82a582500${CID_HEX}`, `d82a5824${CID_HEX}`, 'd82ad82a4100']
].map(hex)

const deepList = (levels: number): Uint8Array => concat([new Uint8Array(levels).fill(0x81), Uint8Array.of(0)])
const deepTag = (levels: number): Uint8Array => concat([...Array<Uint8Array>(levels).fill(hex('d82a')), hex('4100')])
const text = (characters: number): Uint8Array =>
  concat([cborHead(3, characters), new Uint8Array(characters).fill(0x61)])

const LARGE_ITEMS: readonly (() => Uint8Array)[] = [
  () => deepList(15),
  () => deepList(17),
  () => deepList(2000),
  () => deepTag(500),
  () => text(65),
  () => text(257),
  () => text(5000),
  () => concat([cborHead(4, 2000), new Uint8Array(2000)])
]

/** Keys that every record treats apart. */
const EXTRA_PAIRS: readonly Uint8Array[] = [
  ...['636578740a', '63657874a1616100', '63657874f6', '68637269746963616c80', '68637269746963616c8163657874'],
  ...['68637269746963616c816164', '68637269746963616c8100', '617601', '6176187b', '627a7a00', '695f5f70726f746f5f5f00']
].map(hex)

function strangeItem(draws: Draws): Uint8Array {
  if (draws.below(40) === 0) return draws.pick(LARGE_ITEMS)()
  if (draws.below(6) > 0) return draws.pick(STRANGE_ITEMS)
  // Any number, which is more often in range than the ends of one.
  return cborHead(draws.below(2), draws.below(2 ** draws.below(34)))
}

/** Makes a mutation of one item; bytes without any are left as they are. */
function ofItem(change: (bytes: Uint8Array, item: CborItem, items: CborItem[], draws: Draws) => Uint8Array): Mutation {
  return (bytes, draws) => {
    const items = cborItems(bytes)
    return items.length === 0 ? bytes : change(bytes, draws.pick(items), items, draws)
  }
}

const replaceItem = ofItem((bytes, { at, end }, _, draws) => replaced(bytes, at, end, strangeItem(draws)))

/** Another value of the same kind, which gets past the checks of shape to those of range and of what fits together. */
const tweakItem = ofItem((bytes, { at, headEnd, end, major, argument }, _, draws) => {
  if (major === MAJOR_BYTES || major === MAJOR_TEXT) {
    const content = new Uint8Array(bytes.subarray(headEnd, end))
    const touched = draws.below(content.length + 1)
    if (touched < content.length) content[touched] = major === MAJOR_TEXT ? 0x20 + draws.below(0x5f) : draws.below(256)
    return replaced(bytes, headEnd, end, content)
  }
  if (major > MAJOR_BYTES)
    return replaced(bytes, at, end, bytes[at] === FLOAT64_HEAD ? anyFloat(draws) : strangeItem(draws))
  const value = draws.below(3) === 0 ? draws.below(2 ** draws.below(34)) : Math.max(0, argument + draws.below(5) - 2)
  return replaced(bytes, at, headEnd, cborHead(draws.below(20) === 0 ? 1 - major : major, value))
})

function anyFloat(draws: Draws): Uint8Array {
  const item = Uint8Array.of(FLOAT64_HEAD, ...new Uint8Array(8))
  new DataView(item.buffer).setFloat64(1, (draws.below(2001) - 1000) / 10 ** draws.below(5))
  return item
}

const inflateHead = ofItem((bytes, { at, headEnd, major, argument }, _, draws) => {
  const claim = draws.pick([argument + 1, argument - 1, 2 * argument + 1, 2 ** 16, 2 ** 31, 2 ** 53, 2 ** 63])
  return replaced(bytes, at, headEnd, cborHead(major, Math.max(0, claim)))
})

/** A number in more bytes than it needs: two spellings of one record. */
const widenHead = ofItem((bytes, { at, headEnd, major, argument }) => {
  if (argument >= 256) return bytes
  return replaced(bytes, at, headEnd, Uint8Array.of((major << 5) | 25, 0, argument))
})

const changeType = ofItem((bytes, { at, headEnd, argument }, _, draws) =>
  replaced(bytes, at, headEnd, cborHead(draws.below(8), argument))
)

const swapItems = ofItem((bytes, a, items, draws) => {
  const b = draws.pick(items)
  const [first, second] = a.at <= b.at ? [a, b] : [b, a]
  if (first.end > second.at) return bytes
  return concat([
    bytes.subarray(0, first.at),
    bytes.subarray(second.at, second.end),
    bytes.subarray(first.end, second.at),
    bytes.subarray(first.at, first.end),
    bytes.subarray(second.end)
  ])
})

/** The list or map around an item with so many children, and `by` in place of the item (and its key). */
function resize(bytes: Uint8Array, item: CborItem, items: CborItem[], change: -1 | 1, by: Uint8Array): Uint8Array {
  const parent = items[item.parent]
  if (parent === undefined || parent.major < 4 || parent.major > 5) return bytes
  const isPair = parent.major === 5
  const from = isPair && item.place % 2 === 1 ? previousOf(item, items).at : item.at
  const to = isPair && item.place % 2 === 0 ? nextOf(item, items).end : item.end
  const kept = change === 1 ? bytes.subarray(from, to) : new Uint8Array()
  const head = cborHead(parent.major, Math.max(0, parent.argument + change))
  return concat([
    bytes.subarray(0, parent.at),
    head,
    bytes.subarray(parent.headEnd, from),
    kept,
    by,
    bytes.subarray(to)
  ])
}

function previousOf(item: CborItem, items: CborItem[]): CborItem {
  return items.find(({ parent, place }) => parent === item.parent && place === item.place - 1) ?? item
}

function nextOf(item: CborItem, items: CborItem[]): CborItem {
  return items.find(({ parent, place }) => parent === item.parent && place === item.place + 1) ?? item
}

const removeChild = ofItem((bytes, item, items) => resize(bytes, item, items, -1, new Uint8Array()))

const addPair = ofItem((bytes, item, items, draws) => resize(bytes, item, items, 1, draws.pick(EXTRA_PAIRS)))

/** The same key, or the same element, once more. */
const repeatChild = ofItem((bytes, item, items) => {
  const isKey = items[item.parent]?.major === 5 && item.place % 2 === 0
  const last = isKey ? nextOf(item, items) : item
  const first = items[item.parent]?.major === 5 && !isKey ? previousOf(item, items) : item
  return resize(bytes, item, items, 1, bytes.subarray(first.at, last.end))
})

/** An item of another sample, where it does not belong. */
const graft: Mutation = (bytes, draws, samples) => {
  const other = draws.pick(samples)
  const donors = cborItems(other)
  const items = cborItems(bytes)
  if (donors.length === 0 || items.length === 0) return bytes
  const { at, end } = draws.pick(items)
  const donor = draws.pick(donors)
  return replaced(bytes, at, end, other.subarray(donor.at, donor.end))
}

export const CBOR_MUTATIONS: readonly Mutation[] = [
  ...[tweakItem, tweakItem, tweakItem, tweakItem, tweakItem, tweakItem],
  ...[replaceItem, replaceItem, replaceItem],
  inflateHead,
  widenHead,
  changeType,
  swapItems,
  removeChild,
  addPair,
  repeatChild,
  graft
]
