import { encode } from '@ipld/dag-cbor'
import type { z } from 'zod'
import { decodeMap } from './decode-map.ts'
import { InvalidRecordError } from './errors.ts'
import { refusalOf } from './refusal.ts'
import { showValue } from './show-value.ts'

/** All that is particular about one kind of record; what is common to all of them is in this file. */
export interface RecordKind<T> {
  /** For messages: "delta header". */
  readonly name: string
  /** Bound on the bytes as they travel: the block, or the whole envelope. */
  readonly maxBytes: number
  /** Value of `v` in the record itself; a sealed record has its version in the envelope. */
  readonly version?: number
  readonly schema: z.ZodObject & z.ZodType<T>
  /** How many IPLD links the known fields hold; none in a sealed record. */
  readonly links?: (record: T) => number
  /** Fields that are fine alone and wrong together. Throws {@link InvalidRecordError}. */
  readonly check?: (record: T) => void
}

/** Keys that talk about other keys; naming them as critical would say nothing. */
const META_KEYS = new Set(['ext', 'critical'])

/**
 * Bytes to record: length, version, shape, ranges, then what fields say about each other. Unknown keys are dropped unless
 * the record calls them critical. Throws {@link InvalidRecordError} and nothing else.
 */
export function decodeRecord<T>(kind: RecordKind<T>, bytes: Uint8Array): T {
  const { name, maxBytes, version } = kind
  const { map, links } = decodeMap(name, bytes, version === undefined ? { maxBytes } : { maxBytes, version })
  refuseUnknownCritical(kind, map.critical)
  const record = validate(kind, map)
  const expected = kind.links?.(record) ?? 0
  if (links !== expected) {
    throw new InvalidRecordError(
      'shape',
      `${name} has ${links} links where its fields hold ${expected}: pins follow links`
    )
  }
  return record
}

/** Record to bytes, under the same rules as reading it. Throws {@link InvalidRecordError}. */
export function encodeRecord<T>(kind: RecordKind<T>, record: T): Uint8Array {
  const bytes = encodeValid(kind.name, validate(kind, record))
  decodeRecord(kind, bytes) // Size, links and depth are properties of the bytes.
  return bytes
}

function encodeValid(name: string, record: unknown): Uint8Array {
  try {
    return encode(record)
  } catch (error) {
    // Only `ext` can hold what has no place in DAG-CBOR: undefined, NaN, functions, cycles.
    const detail = error instanceof Error ? error.message : String(error)
    throw new InvalidRecordError('shape', `${name} cannot be encoded: ${detail}`, { cause: error })
  }
}

function validate<T>(kind: RecordKind<T>, value: unknown): T {
  const result = kind.schema.safeParse(value)
  if (!result.success) {
    throw refusalOf(kind.name, value, result.error)
  }
  kind.check?.(result.data)
  return result.data
}

function refuseUnknownCritical<T>(kind: RecordKind<T>, critical: unknown): void {
  if (!Array.isArray(critical)) {
    return // The schema refuses what is neither a list nor absent.
  }
  const unknown = critical.find((key) => typeof key === 'string' && !isKnownKey(kind, key))
  if (unknown !== undefined) {
    throw new InvalidRecordError(
      'unknown-critical',
      `${kind.name} needs ${showValue(unknown)} to be understood, which this version does not: update Starling`
    )
  }
}

function isKnownKey<T>(kind: RecordKind<T>, key: string): boolean {
  return Object.hasOwn(kind.schema.shape, key) && !META_KEYS.has(key)
}
