import * as dagCbor from '@ipld/dag-cbor'
import { Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import { COMMIT_PREFIX } from './datastore.ts'

const KINDS = ['checkpoint', 'run', 'other'] as const
/** Who keeps a root, the strongest word first: it names the root in lists. */
const KEEPERS = ['user', 'service', 'policy'] as const

/** The owner, a client of the pinning API, or the policy of a run. */
export type Keeper = (typeof KEEPERS)[number]

/** Why a root is kept. */
export interface KeepDetails {
  readonly kind: (typeof KINDS)[number]
  /** What a user or a client keeps, no policy drops. */
  readonly by: Keeper
  /** Others that keep it too, the strongest first. */
  readonly also?: readonly Keeper[]
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

/** True where this keeper is one of those that keep the root. */
export function isKeptBy({ by, also = [] }: KeepDetails, keeper: Keeper): boolean {
  return by === keeper || also.includes(keeper)
}

/**
 * A root that one more keeper keeps. What is known of a checkpoint or a run stays, whoever keeps it too; a keeper that
 * kept it already says anew what it is.
 */
export function withKeeper(known: KeepDetails | undefined, details: KeepDetails): KeepDetails {
  if (known === undefined) return details
  const isStrongest = KEEPERS.indexOf(details.by) <= KEEPERS.indexOf(known.by)
  const [strong, weak] = isStrongest ? [details, known] : [known, details]
  const about = strong.kind === 'other' && weak.kind !== 'other' ? weak : strong
  const name = strong.name ?? weak.name
  const keepers = KEEPERS.filter((keeper) => isKeptBy(known, keeper) || isKeptBy(details, keeper))
  return withKeepers({ ...about, ...(name === undefined ? {} : { name }) }, keepers)
}

/** What is left when one keeper lets go; undefined when nobody keeps it then. */
export function withoutKeeper(known: KeepDetails, keeper: Keeper): KeepDetails | undefined {
  const keepers = KEEPERS.filter((other) => other !== keeper && isKeptBy(known, other))
  return keepers.length === 0 ? undefined : withKeepers(known, keepers)
}

function withKeepers({ also: _, ...details }: KeepDetails, [by, ...also]: readonly Keeper[]): KeepDetails {
  return { ...details, by: by!, ...(also.length === 0 ? {} : { also }) }
}

export function encodeKeepDetails({ kind, by, also, createdAt, run, seq, round, name }: KeepDetails): Uint8Array {
  const details = { kind, by, also, createdAt, run, seq, round, name }
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
    (value.also === undefined || (Array.isArray(value.also) && value.also.every((by) => KEEPERS.includes(by)))) &&
    Number.isFinite(value.createdAt) &&
    [value.seq, value.round].every((number) => number === undefined || Number.isSafeInteger(number)) &&
    [value.run, value.name].every((text) => text === undefined || typeof text === 'string')
  )
}
