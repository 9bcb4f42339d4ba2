import * as dagCbor from '@ipld/dag-cbor'
import { Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import { COMMIT_PREFIX } from './datastore.ts'

const KINDS = ['checkpoint', 'run', 'other'] as const
const KEEPERS = ['user', 'policy'] as const

/** Why a root is kept. */
export interface KeepDetails {
  readonly kind: (typeof KINDS)[number]
  /** What a user keeps, no policy drops. */
  readonly by: (typeof KEEPERS)[number]
  /** Milliseconds since 1970 on this peer's clock, not on its author's: it decides what is newest. */
  readonly createdAt: number
  /** Run id. */
  readonly run?: string
  readonly seq?: number
  readonly round?: number
  readonly name?: string
}

/** A root that is kept with everything it links to. */
export interface KeptRoot extends KeepDetails {
  readonly root: CID
}

/** A record in the list of kept roots is damaged. */
export class KeptRootCorruptError extends Error {
  override readonly name = 'KeptRootCorruptError'
  readonly code = 'ERR_KEPT_ROOT_CORRUPT'

  constructor(key: Key, cause?: unknown) {
    super(`record ${key} in the datastore is damaged: nothing is swept until that root is kept again`, { cause })
  }
}

export function keptRootKey(root: CID): Key {
  return new Key(`${COMMIT_PREFIX}${root.toV1()}`)
}

export function encodeKeepDetails({ kind, by, createdAt, run, seq, round, name }: KeepDetails): Uint8Array {
  const details = { kind, by, createdAt, run, seq, round, name }
  return dagCbor.encode(Object.fromEntries(Object.entries(details).filter(([, value]) => value !== undefined)))
}

/** Throws KeptRootCorruptError. */
export function parseKeptRoot(key: Key, bytes: Uint8Array): KeptRoot {
  try {
    const root = CID.parse(key.name())
    const details = dagCbor.decode<KeepDetails>(bytes)
    if (isKeepDetails(details)) return { ...details, root }
  } catch (cause) {
    throw new KeptRootCorruptError(key, cause)
  }
  throw new KeptRootCorruptError(key)
}

function isKeepDetails(value: KeepDetails): boolean {
  return (
    KINDS.includes(value.kind) &&
    KEEPERS.includes(value.by) &&
    Number.isFinite(value.createdAt) &&
    [value.seq, value.round].every((number) => number === undefined || Number.isSafeInteger(number)) &&
    [value.run, value.name].every((text) => text === undefined || typeof text === 'string')
  )
}
