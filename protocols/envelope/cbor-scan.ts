import { InvalidRecordError } from './errors.ts'

/**
 * A walk over CBOR that allocates nothing in proportion to what the bytes claim. It runs before the decoder, which
 * recurses (a kilobyte of `0x81` is a thousand calls deep) and does not tell why it gave up.
 *
 * What it accepts is what DAG-CBOR allows: definite lengths, tag 42 only, 64-bit floats that are finite and not -0, no
 * `undefined`.
 * https://ipld.io/specs/codecs/dag-cbor/spec/
 */

/** Records nest five deep (a manifest's category values); the rest is room for extensions. */
const MAX_DEPTH = 16

const MAJOR_BYTES = 2
const MAJOR_TEXT = 3
const MAJOR_ARRAY = 4
const MAJOR_MAP = 5
const MAJOR_TAG = 6
const MAJOR_SIMPLE = 7

/** Additional information 24 to 27 announces an argument of 1, 2, 4 or 8 bytes (RFC 8949, section 3). */
const FIRST_ARGUMENT_CODE = 24
const LAST_ARGUMENT_CODE = 27
const CID_TAG = 42
const FLOAT64_CODE = 27
const SIMPLE_VALUES = { false: 20, true: 21, null: 22 } as const

/** What was found: where the first item ends, and how many IPLD links it contains. */
export interface CborScan {
  readonly end: number
  readonly links: number
}

interface Head {
  readonly major: number
  readonly code: number
  /** Length, count or value; as a float64, exact enough for a comparison with the bytes that are there. */
  readonly argument: number
  readonly end: number
}

/**
 * Walks the first CBOR item of `bytes`. Throws {@link InvalidRecordError}: `truncated` when the item claims more than is
 * there, `non-finite` for NaN and infinities, `shape` for what DAG-CBOR forbids or more than 16 levels.
 */
export function scanCbor(what: string, bytes: Uint8Array): CborScan {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  /** Items still to come on each open level. */
  const open = [1]
  let position = 0
  let links = 0

  while (open.length > 0) {
    const level = open.length - 1
    if (open[level] === 0) {
      open.pop()
      continue
    }
    open[level]!--

    const head = readHead(what, view, position)
    position = skipContent(what, view, head)
    const children = childrenOf(what, head)
    // Every item takes a byte or more, so a count beyond what is left is a lie: say so before walking it.
    if (children > bytes.length - position) {
      throw truncated(what, position, children, bytes.length)
    }
    if (head.major === MAJOR_TAG) {
      links++
    }
    if (children > 0 && open.push(children) > MAX_DEPTH + 1) {
      throw new InvalidRecordError('shape', `${what} nests deeper than ${MAX_DEPTH} levels`)
    }
  }
  return { end: position, links }
}

function readHead(what: string, view: DataView, position: number): Head {
  if (position >= view.byteLength) {
    throw truncated(what, position, 1, view.byteLength)
  }
  const first = view.getUint8(position)
  const major = first >> 5
  const code = first & 31
  if (code < FIRST_ARGUMENT_CODE) {
    return { major, code, argument: code, end: position + 1 }
  }
  if (code > LAST_ARGUMENT_CODE) {
    throw new InvalidRecordError('shape', `${what} has 0x${first.toString(16)} at byte ${position}: not DAG-CBOR`)
  }
  const size = 2 ** (code - FIRST_ARGUMENT_CODE)
  if (position + 1 + size > view.byteLength) {
    throw truncated(what, position, 1 + size, view.byteLength)
  }
  return { major, code, argument: readArgument(view, position + 1, size), end: position + 1 + size }
}

function readArgument(view: DataView, position: number, size: number): number {
  switch (size) {
    case 1:
      return view.getUint8(position)
    case 2:
      return view.getUint16(position)
    case 4:
      return view.getUint32(position)
    default:
      return view.getUint32(position) * 2 ** 32 + view.getUint32(position + 4)
  }
}

/** The position after an item without its children; checks what only a leaf can get wrong. */
function skipContent(what: string, view: DataView, { major, code, argument, end }: Head): number {
  if (major === MAJOR_BYTES || major === MAJOR_TEXT) {
    if (argument > view.byteLength - end) {
      throw truncated(what, end, argument, view.byteLength)
    }
    return end + argument
  }
  if (major === MAJOR_SIMPLE) {
    checkSimple(what, view, code, end)
  }
  return end
}

function checkSimple(what: string, view: DataView, code: number, end: number): void {
  const { false: no, true: yes, null: nothing } = SIMPLE_VALUES
  if (code === FLOAT64_CODE) {
    const value = view.getFloat64(end - 8)
    if (!Number.isFinite(value)) {
      throw new InvalidRecordError('non-finite', `${what} contains ${value}: numbers in records are finite`)
    }
    // It passes every check of a range from 0 on, and is another number when it is written again.
    if (Object.is(value, -0)) throw new InvalidRecordError('shape', `${what} contains -0: zero has one spelling, 0`)
  } else if (code !== no && code !== yes && code !== nothing) {
    throw new InvalidRecordError('shape', `${what} contains simple value or short float ${code}: not DAG-CBOR`)
  }
}

function childrenOf(what: string, { major, argument }: Head): number {
  switch (major) {
    case MAJOR_ARRAY:
      return argument
    case MAJOR_MAP:
      return 2 * argument
    case MAJOR_TAG:
      if (argument !== CID_TAG) {
        throw new InvalidRecordError('shape', `${what} contains CBOR tag ${argument}: DAG-CBOR knows only ${CID_TAG}`)
      }
      return 1
    default:
      return 0
  }
}

function truncated(what: string, position: number, claimed: number, length: number): InvalidRecordError {
  return new InvalidRecordError(
    'truncated',
    `${what} claims ${claimed} more at byte ${position} but is ${length} bytes long`
  )
}
