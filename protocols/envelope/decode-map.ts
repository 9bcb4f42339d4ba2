import { decode } from '@ipld/dag-cbor'
import { scanCbor } from './cbor-scan.ts'
import { InvalidRecordError } from './errors.ts'

export interface DecodeMapOptions {
  readonly maxBytes: number
  /** The only value of `v` that is understood; leave it out where the version is told elsewhere. */
  readonly version?: number
}

/** A decoded map, and how many IPLD links stand anywhere in it. */
export interface DecodedMap {
  readonly map: Readonly<Record<string, unknown>>
  readonly links: number
}

/**
 * Decodes DAG-CBOR that is one map with string keys. Length, structure and version are checked in this order, and nothing
 * is allocated before the bytes for it were seen. Throws {@link InvalidRecordError} and nothing else.
 *
 * @param what - the record's name, for messages
 */
export function decodeMap(what: string, bytes: Uint8Array, options: DecodeMapOptions): DecodedMap {
  if (bytes.length > options.maxBytes) {
    throw new InvalidRecordError('oversized', `${what} is ${bytes.length} bytes, at most ${options.maxBytes}`)
  }
  const { end, links } = scanCbor(what, bytes)
  if (end !== bytes.length) {
    throw new InvalidRecordError('shape', `${what} ends at byte ${end} but ${bytes.length - end} more follow`)
  }
  const map = decodeScanned(what, bytes)
  if (options.version !== undefined && map.v !== options.version) {
    const found = typeof map.v === 'number' ? `version ${map.v}` : 'no version'
    throw new InvalidRecordError('version', `${what} has ${found}, this version knows only ${options.version}`)
  }
  return { map, links }
}

function decodeScanned(what: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  // The scan lets nothing but a map begin with major type 5.
  if ((bytes[0] ?? 0) >> 5 !== 5) {
    throw new InvalidRecordError('shape', `${what} is not a map`)
  }
  try {
    return decode<Record<string, unknown>>(bytes)
  } catch (error) {
    // Repeated or non-string keys, integers not in their shortest form, malformed CIDs.
    const detail = error instanceof Error ? error.message : String(error)
    throw new InvalidRecordError('shape', `${what} is not DAG-CBOR: ${detail}`, { cause: error })
  }
}
