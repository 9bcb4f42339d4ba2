import { setTimeout as delay } from 'node:timers/promises'
import {
  Configuration,
  type PinStatus as GeneratedPinStatus,
  RemotePinningServiceClient,
  Status
} from '@ipfs-shipyard/pinning-service-client'

/** Time for one answer of the service. */
const ANSWER_MS = 30_000

const POLL_MS = 1000

/** Requests on a page, the most that the API gives. */
const PAGE = 1000

/** Pages read of a service that goes on for ever. */
const MAX_PAGES = 100

/** One request at a service. */
export interface RemotePin {
  readonly id: string
  readonly cid: string
  readonly status: 'queued' | 'pinning' | 'pinned' | 'failed'
  /** Milliseconds since 1970, on the service's clock. */
  readonly createdAt: number
  readonly name?: string
  readonly details?: string
  /** Peers of the service that fetch for it. */
  readonly delegates: readonly string[]
}

/** The service did not answer, or refused. */
export class RemoteServiceError extends Error {
  override readonly name = 'RemoteServiceError'
  readonly code = 'ERR_REMOTE_SERVICE'
}

export interface RemoteServiceInit {
  readonly name: string
  readonly endpoint: string
  readonly token: string
  /** Between two looks at a request that is not pinned yet. Default 1 s. */
  readonly pollMs?: number
}

/** A pinning service somewhere, by the IPFS Pinning Service API. Its methods throw RemoteServiceError. */
export class RemoteService {
  readonly #name: string
  readonly #client: RemotePinningServiceClient
  readonly #pollMs: number

  constructor({ name, endpoint, token, pollMs = POLL_MS }: RemoteServiceInit) {
    this.#name = name
    this.#pollMs = pollMs
    const endpointUrl = endpoint.replace(/\/+$/, '')
    this.#client = new RemotePinningServiceClient(new Configuration({ endpointUrl, accessToken: token }))
  }

  /** Asks for a pin; `origins` are addresses of peers that have it. */
  async add({ cid, name, origins }: { cid: string; name?: string; origins: readonly string[] }): Promise<RemotePin> {
    const pin = { cid, origins: [...origins], ...(name === undefined ? {} : { name }) }
    return this.#ask((init) => this.#client.pinsPost({ pin }, init)).then(remotePin)
  }

  async get(id: string): Promise<RemotePin> {
    return remotePin(await this.#ask((init) => this.#client.pinsRequestidGet({ requestid: id }, init)))
  }

  async remove(id: string): Promise<void> {
    await this.#ask((init) => this.#client.pinsRequestidDelete({ requestid: id }, init))
  }

  /** All requests of this user, or those for one CID, in any state, the one created last first. */
  async list(cid?: string): Promise<RemotePin[]> {
    const found: RemotePin[] = []
    const status = [Status.Queued, Status.Pinning, Status.Pinned, Status.Failed]
    for (let page = 0, before: Date | undefined; page < MAX_PAGES; page++) {
      const filters = cid === undefined ? {} : { cid: [cid] }
      const query = { status, limit: PAGE, ...filters, ...(before === undefined ? {} : { before }) }
      const { count, results } = await this.#ask((init) => this.#client.pinsGet(query, init))
      const pins = [...results].map(remotePin)
      found.push(...pins)
      const oldest = pins.at(-1)
      if (oldest === undefined || count <= pins.length) break
      before = new Date(oldest.createdAt)
    }
    return found
  }

  /** Resolves when the request is pinned or has failed; `onChange` hears what it is until then. */
  async settled(id: string, onChange: (pin: RemotePin) => void, signal: AbortSignal): Promise<RemotePin> {
    for (let last = ''; ; ) {
      const pin = await this.get(id)
      if (pin.status !== last) onChange(pin)
      last = pin.status
      if (pin.status === 'pinned' || pin.status === 'failed') return pin
      await delay(this.#pollMs, undefined, { signal })
    }
  }

  async #ask<T>(call: (init: RequestInit) => Promise<T>): Promise<T> {
    try {
      return await call({ signal: AbortSignal.timeout(ANSWER_MS) })
    } catch (cause) {
      throw new RemoteServiceError(`service ${this.#name} ${await describeFault(cause)}`, { cause })
    }
  }
}

/** The generated client rejects with the response itself where the service refused. */
async function describeFault(cause: unknown): Promise<string> {
  if (!(cause instanceof Response)) {
    const { message, cause: reason } = cause as Error
    return `does not answer (${(reason as NodeJS.ErrnoException | undefined)?.code ?? message}): check its endpoint`
  }
  const body = (await cause.json().catch(() => undefined)) as
    | { error?: { reason?: string; details?: string } }
    | undefined
  const { reason = cause.statusText, details = '' } = body?.error ?? {}
  const advice = cause.status === 401 ? ': check the token' : ''
  return (
    `refuses with ${cause.status} ${String(reason).slice(0, 100)} ${String(details).slice(0, 300)}`.trimEnd() + advice
  )
}

function remotePin({ requestid, status, created, pin, delegates, info }: GeneratedPinStatus): RemotePin {
  const details = (info as Record<string, string> | undefined)?.status_details
  return {
    id: requestid,
    cid: pin.cid,
    status,
    createdAt: created.getTime(),
    delegates: [...(delegates ?? [])].map(String),
    ...(pin.name === undefined ? {} : { name: pin.name }),
    ...(details === undefined ? {} : { details })
  }
}
