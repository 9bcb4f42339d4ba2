/** One item of CBOR, where it stands, and what it is part of. */
export interface CborItem {
  readonly at: number
  /** Where its head ends and its content, if any, begins. */
  readonly headEnd: number
  /** After the item with all that it contains. */
  end: number
  readonly major: number
  /** Length, count or value. */
  readonly argument: number
  /** Index of the list, map or tag that holds it; -1 for the outermost. */
  readonly parent: number
  /** Its place among its parent's children: keys of a map are even, values odd. */
  readonly place: number
}

/** Deeper items are passed over: the walk recurses, and no record nests so deep. */
const MAX_DEPTH = 24

/** The items of the bytes in order of their heads, as far as they are well-formed. */
export function cborItems(bytes: Uint8Array): CborItem[] {
  const items: CborItem[] = []
  try {
    walk(bytes, 0, -1, 0, 0, items)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
  }
  return items
}

function walk(bytes: Uint8Array, at: number, parent: number, place: number, depth: number, items: CborItem[]): number {
  if (depth > MAX_DEPTH || at >= bytes.length) throw new RangeError('no item')
  const { major, argument, headEnd } = headAt(bytes, at)
  const index = items.length
  const item: CborItem = { at, headEnd, end: headEnd, major, argument, parent, place }
  items.push(item)
  let end = headEnd
  if (major === 2 || major === 3) end += argument
  const children = major === 4 ? argument : major === 5 ? 2 * argument : major === 6 ? 1 : 0
  if (children > bytes.length) throw new RangeError('more children than bytes')
  for (let child = 0; child < children; child++) {
    end = walk(bytes, end, index, child, depth + 1, items)
  }
  if (end > bytes.length) throw new RangeError('beyond the end')
  item.end = end
  return end
}

function headAt(bytes: Uint8Array, at: number): { major: number; argument: number; headEnd: number } {
  const first = bytes[at]!
  const code = first & 31
  if (code < 24) return { major: first >> 5, argument: code, headEnd: at + 1 }
  const size = code > 27 ? 0 : 2 ** (code - 24)
  let argument = 0
  for (let i = 1; i <= size; i++) argument = argument * 256 + (bytes[at + i] ?? 0)
  return { major: first >> 5, argument, headEnd: at + 1 + size }
}

/** A head in its shortest form. */
export function cborHead(major: number, argument: number): Uint8Array {
  if (argument < 24) return Uint8Array.of((major << 5) | argument)
  if (argument < 2 ** 8) return Uint8Array.of((major << 5) | 24, argument)
  if (argument < 2 ** 16) return Uint8Array.of((major << 5) | 25, argument >> 8, argument & 255)
  const head = new Uint8Array(9)
  head[0] = (major << 5) | (argument < 2 ** 32 ? 26 : 27)
  const view = new DataView(head.buffer)
  if (argument < 2 ** 32) view.setUint32(1, argument)
  else view.setBigUint64(1, BigInt(Math.min(argument, 2 ** 63)))
  return argument < 2 ** 32 ? head.subarray(0, 5) : head
}
