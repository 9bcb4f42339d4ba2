import * as dagCbor from '@ipld/dag-cbor'
import { type Datastore, Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import { REQUEST_PREFIX } from './datastore.ts'

const STATUSES = ['queued', 'pinning', 'pinned', 'failed'] as const

/** States of a request, as the IPFS Pinning Service API names them. */
export type PinStatus = (typeof STATUSES)[number]

/** What one client of the pinning API asked for. */
export interface PinRequest {
  /** Chosen by this peer; no other request has it. */
  readonly id: string
  /** Name of the token that the client showed: it sees its own requests only. */
  readonly owner: string
  /** Milliseconds since 1970; no two requests of a home have the same, for clients page by it. */
  readonly created: number
  readonly status: PinStatus
  readonly cid: CID
  readonly name?: string
  readonly origins?: readonly string[]
  readonly meta?: Readonly<Record<string, string>>
  /** Why it failed. */
  readonly details?: string
  /** Kept until this request is pinned or has failed: a replaced pin may share most of its blocks. */
  readonly replaces?: CID
}

/** A request in the datastore is damaged. */
export class PinRequestCorruptError extends Error {
  override readonly name = 'PinRequestCorruptError'
  readonly code = 'ERR_PIN_REQUEST_CORRUPT'

  constructor(key: Key, cause?: unknown) {
    super(`record ${key} in the datastore is damaged: restore the folder from a backup, or delete that record`, {
      cause
    })
  }
}

/** Requests of the pinning API; each is on the disk when its `put` resolves. */
export class PinRequests {
  readonly #datastore: Datastore

  constructor(datastore: Datastore) {
    this.#datastore = datastore
  }

  async put(request: PinRequest): Promise<void> {
    const { cid, replaces, ...rest } = request
    const record = { ...rest, cid: cid.bytes, ...(replaces === undefined ? {} : { replaces: replaces.bytes }) }
    await this.#datastore.put(keyOf(request.id), dagCbor.encode(record))
  }

  async delete(id: string): Promise<void> {
    await this.#datastore.delete(keyOf(id))
  }

  /** In no order. Throws PinRequestCorruptError. */
  async list(): Promise<PinRequest[]> {
    const requests: PinRequest[] = []
    for await (const { key, value } of this.#datastore.query({ prefix: REQUEST_PREFIX })) {
      requests.push(parsePinRequest(key, value))
    }
    return requests
  }
}

function keyOf(id: string): Key {
  return new Key(`${REQUEST_PREFIX}${id}`)
}

/** Throws PinRequestCorruptError. */
export function parsePinRequest(key: Key, bytes: Uint8Array): PinRequest {
  try {
    const { cid, replaces, ...rest } = dagCbor.decode<StoredRequest>(bytes)
    const request = {
      ...rest,
      cid: CID.decode(cid),
      ...(replaces === undefined ? {} : { replaces: CID.decode(replaces) })
    }
    if (isPinRequest(request)) return request
  } catch (cause) {
    throw new PinRequestCorruptError(key, cause)
  }
  throw new PinRequestCorruptError(key)
}

type StoredRequest = Omit<PinRequest, 'cid' | 'replaces'> & { readonly cid: Uint8Array; readonly replaces?: Uint8Array }

function isPinRequest({ id, owner, created, status, name, details, origins, meta }: PinRequest): boolean {
  const texts = [id, owner, ...(origins ?? []), ...Object.values(meta ?? {})]
  return (
    [...texts, name ?? '', details ?? ''].every((text) => typeof text === 'string') &&
    Number.isSafeInteger(created) &&
    STATUSES.includes(status)
  )
}
