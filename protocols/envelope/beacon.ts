import type { PrivateKey } from '@libp2p/interface'
import { z } from 'zod'
import { addresses } from './addresses.ts'
import { recordHash } from './content-id.ts'
import type { Extensible } from './fields.ts'
import * as field from './fields.ts'
import type { SealedKind } from './sealed-record.ts'
import { openRecord, sealRecord } from './sealed-record.ts'

/** One beacon a peer every 10 s, forwarded by everybody: 4 KiB hold sixteen addresses of the usual length. */
export const MAX_BEACON_BYTES = 4096

/** Links a peer could still accept: at most 2k with k <= 64 (DESIGN 5). */
const MAX_FREE_LINKS = 128

const role = z.enum(['trainer', 'pinner', 'bootstrap', 'relay'])

/** What a peer does in a network. */
export type Role = z.infer<typeof role>

/** "I am here": how a peer in a run is found. */
export interface Beacon extends Extensible {
  /** CID of the run's manifest, 36 bytes. */
  readonly run: Uint8Array
  /** PeerId, 38 bytes; also the signer. */
  readonly peer: Uint8Array
  readonly roles: readonly Role[]
  /** Multiaddrs on which the peer can be dialled. */
  readonly addresses: readonly string[]
  /** Newest delta; null before the first one and for peers without data. */
  readonly head: { readonly incarnation: Uint8Array; readonly seq: number } | null
  readonly engine: string
  readonly freeLinks: number
  /** The sender's clock, in milliseconds since 1970: orders the beacons of one peer, and nothing else. */
  readonly sentAt: number
}

export interface SignedBeacon {
  readonly beacon: Beacon
  readonly bytes: Uint8Array
  /** SHA-256 of the body. */
  readonly hash: Uint8Array
}

const schema = z.object({
  run: field.recordReference,
  peer: field.author,
  roles: z.array(role).max(role.options.length),
  addresses,
  head: z.object({ incarnation: field.incarnation, seq: field.uint32 }).nullable(),
  engine: field.text(0, 64),
  freeLinks: z.int().min(0).max(MAX_FREE_LINKS),
  sentAt: field.timeMs,
  ...field.extensible
})

const BEACON: SealedKind<Beacon> = {
  name: 'beacon',
  type: 'beacon',
  maxBytes: MAX_BEACON_BYTES,
  schema,
  signer: (beacon) => beacon.peer
}

/** Signs a beacon. Throws `InvalidRecordError` when receivers would refuse it, `UnsupportedKeyError`. */
export async function sealBeacon(beacon: Beacon, privateKey: PrivateKey): Promise<Uint8Array> {
  return await sealRecord(BEACON, beacon, privateKey)
}

/** Reads a beacon from a stranger, at most 4 KiB, and checks its signature. Throws `InvalidRecordError`. */
export async function parseBeacon(bytes: Uint8Array): Promise<SignedBeacon> {
  const { record, body } = await openRecord(BEACON, bytes)
  return { beacon: record, bytes, hash: recordHash(body) }
}
