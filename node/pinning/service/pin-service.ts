import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { multiaddr } from '@multiformats/multiaddr'
import type { CID } from 'multiformats/cid'
import { DeadlineError, isKeptBy, type PinRequest, type Storage } from '../../../storage/index.ts'
import type { Peer } from '../../peer.ts'
import { mayDial, type Reach } from '../dial-rule.ts'
import { formatBytes } from '../disk-size.ts'
import type { QuotaKeeper } from '../quota-keeper.ts'
import { type PinBody, type PinQuery, selectRequests } from './pin-query.ts'
import { notFound, PinRefusal } from './pin-refusal.ts'

/** Requests of one client, done ones included: 10 000 take about 10 MB of memory and 5 MB of disk. */
const MAX_REQUESTS = 10_000

/** Requests that wait or are fetched, of all clients together. */
const MAX_PENDING = 1000

/** Fetched at once: enough that a few that nobody has do not hold up the others. */
const CONCURRENCY = 8

/** A root that nobody gave for so long goes back to the end of the queue … */
const FIRST_BLOCK_MS = 30_000

/** … and is given up when nobody gave it for so long: a client that comes back after a restart is still served. */
const PATIENCE_MS = 3_600_000

/** Between two attempts at the same root, so that a lone request does not ask without a pause. */
const PAUSE_MS = 1000

/** Calling a client is a courtesy: it calls us too, at the delegates. */
const DIAL_MS = 5000

/** Less room than this is none: a block of 1 MiB, its folder and its record. */
const LEAST_ROOM_BYTES = 1024 * 1024

export interface PinServiceInit {
  readonly peer: { readonly libp2p: Pick<Peer['libp2p'], 'dial' | 'getMultiaddrs'>; readonly storage: ServiceStorage }
  readonly quota: Pick<QuotaKeeper, 'freeBytes' | 'withRoom' | 'quotaBytes'>
  /** Where clients' addresses may lead. */
  readonly reaches: ReadonlySet<Reach>
  readonly onNotice: (message: string) => void
  /** Milliseconds; for tests. */
  readonly firstBlockMs?: number
  readonly patienceMs?: number
}

type ServiceStorage = Pick<Storage, 'pins' | 'pinRequests' | 'getBlock' | 'sweep'>

/**
 * Pins what clients ask for: requests are kept through restarts, fetched a few at a time, within the room that the quota
 * leaves, and each client sees its own alone. What it pins counts against the quota and is never dropped for checkpoints.
 */
export class PinService {
  readonly #init: PinServiceInit
  readonly #requests = new Map<string, PinRequest>()
  /** Ids in the order of their turn. */
  readonly #queue: string[] = []
  readonly #fetching = new Map<string, AbortController>()
  readonly #stopping = new AbortController()
  readonly #tasks = new Set<Promise<void>>()
  #lastCreated = 0

  constructor(init: PinServiceInit) {
    this.#init = init
  }

  /** All requests, of every client. */
  get requests(): readonly PinRequest[] {
    return [...this.#requests.values()]
  }

  /** Addresses at which clients find this peer. */
  get delegates(): string[] {
    return this.#init.peer.libp2p.getMultiaddrs().map(String)
  }

  /** Takes up what an earlier start left. */
  async start(): Promise<void> {
    const { storage } = this.#init.peer
    const known = (await storage.pinRequests.list()).sort((a, b) => a.created - b.created)
    for (const request of known) {
      this.#lastCreated = Math.max(this.#lastCreated, request.created)
      const isPending = request.status === 'queued' || request.status === 'pinning'
      this.#requests.set(request.id, isPending ? { ...request, status: 'queued' } : request)
      if (isPending) this.#queue.push(request.id)
    }
    // A request may have been forgotten and its pin not: the first is written first.
    for (const pin of await storage.pins.list()) if (isKeptBy(pin, 'service')) await this.#release(pin.root)
    this.#work()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    for (const fetch of this.#fetching.values()) fetch.abort()
    await Promise.all(this.#tasks)
  }

  /** Takes a request. It is on the disk when this resolves. Throws PinRefusal where there are too many, or no room. */
  async add(owner: string, pin: PinBody, replaces?: CID): Promise<PinRequest> {
    const own = this.requests.filter((request) => request.owner === owner).length
    if (own >= MAX_REQUESTS)
      throw new PinRefusal(409, 'INSUFFICIENT_FUNDS', `you have ${own} requests, remove some first`)
    const pending = this.#queue.length + this.#fetching.size
    if (pending >= MAX_PENDING)
      throw new PinRefusal(429, 'TOO_MANY_REQUESTS', `${pending} requests wait already, try again later`)
    const created = this.#stamp()
    const replacing = replaces === undefined ? {} : { replaces }
    const request: PinRequest = { ...pin, ...replacing, id: randomUUID(), owner, created, status: 'queued' }
    await this.#init.peer.storage.pinRequests.put(request)
    this.#requests.set(request.id, request)
    this.#queue.push(request.id)
    queueMicrotask(() => this.#work())
    return request
  }

  /** Adds one and removes another; blocks that both have stay here meanwhile. Throws PinRefusal. */
  async replace(owner: string, id: string, pin: PinBody): Promise<PinRequest> {
    const old = this.get(owner, id)
    const request = await this.add(owner, pin, old.cid)
    await this.#forget(old)
    return request
  }

  /** Forgets a request and lets its pin go. Throws PinRefusal. */
  async remove(owner: string, id: string): Promise<void> {
    const request = this.get(owner, id)
    await this.#forget(request)
    await this.#release(request.cid)
    if (request.replaces !== undefined) await this.#release(request.replaces)
  }

  /** Throws PinRefusal. */
  get(owner: string, id: string): PinRequest {
    const request = this.#requests.get(id)
    if (request === undefined || request.owner !== owner) throw notFound()
    return request
  }

  list(owner: string, query: PinQuery): { count: number; page: PinRequest[] } {
    return selectRequests(
      this.requests.filter((request) => request.owner === owner),
      query
    )
  }

  #stamp(): number {
    this.#lastCreated = Math.max(Date.now(), this.#lastCreated + 1)
    return this.#lastCreated
  }

  async #forget({ id }: PinRequest): Promise<void> {
    this.#requests.delete(id)
    this.#fetching.get(id)?.abort()
    await this.#init.peer.storage.pinRequests.delete(id)
  }

  /** Lets a root go that no request names any more, and frees its space. */
  async #release(root: CID): Promise<void> {
    const { storage } = this.#init.peer
    const isWanted = this.requests.some(({ status, cid, replaces }) => {
      return (status !== 'failed' && isSame(cid, root)) || (replaces !== undefined && isSame(replaces, root))
    })
    if (!isWanted && (await storage.pins.unkeep(root, 'service'))) await storage.sweep({ only: [root] })
  }

  #work(): void {
    while (this.#fetching.size < CONCURRENCY && this.#queue.length > 0 && !this.#stopping.signal.aborted) {
      const request = this.#requests.get(this.#queue.shift()!)
      if (request === undefined) continue
      const controller = new AbortController()
      this.#fetching.set(request.id, controller)
      const task = this.#attempt(request, controller.signal)
        .catch((error: Error) => this.#init.onNotice(`request ${request.id} of ${request.owner}: ${error.message}`))
        .finally(() => {
          this.#fetching.delete(request.id)
          this.#tasks.delete(task)
          this.#work()
        })
      this.#tasks.add(task)
    }
  }

  async #attempt(request: PinRequest, signal: AbortSignal): Promise<void> {
    this.#requests.set(request.id, { ...request, status: 'pinning' })
    try {
      await this.#fetch(request, signal)
      if (!this.#requests.has(request.id)) return await this.#release(request.cid)
      await this.#settle({ ...request, status: 'pinned' })
    } catch (error) {
      if (!this.#requests.has(request.id) || this.#stopping.signal.aborted) return
      const isEarly = Date.now() - request.created < (this.#init.patienceMs ?? PATIENCE_MS)
      if (error instanceof DeadlineError && isEarly) {
        this.#requests.set(request.id, { ...request, status: 'queued' })
        await delay(PAUSE_MS, undefined, { signal }).catch(() => {})
        this.#queue.push(request.id)
      } else await this.#settle({ ...request, status: 'failed', details: (error as Error).message })
    }
  }

  async #settle({ replaces, ...request }: PinRequest): Promise<void> {
    this.#requests.set(request.id, request)
    await this.#init.peer.storage.pinRequests.put(request)
    if (replaces !== undefined) await this.#release(replaces)
  }

  async #fetch({ cid, origins = [] }: PinRequest, signal: AbortSignal): Promise<void> {
    const { peer, quota, firstBlockMs: timeoutMs = FIRST_BLOCK_MS } = this.#init
    this.#call(origins)
    await peer.storage.getBlock(cid, { signal, timeoutMs })
    // Half of what is left, so that others that are fetched meanwhile find some too.
    const most = Math.floor((await quota.freeBytes()) / 2)
    await quota.withRoom({ expected: 0, most }, async (maxBytes) => {
      if (maxBytes < LEAST_ROOM_BYTES) {
        throw new PinRefusal(409, 'INSUFFICIENT_FUNDS', `the quota of ${formatBytes(quota.quotaBytes)} is reached`)
      }
      const details = { kind: 'other', by: 'service', createdAt: Date.now() } as const
      try {
        await peer.storage.pins.keep(cid, details, { signal, maxBytes })
      } catch (error) {
        await peer.storage.sweep({ only: [cid] })
        throw error
      }
    })
  }

  /** Calls a client where the rule lets us, and does not wait for it. */
  #call(origins: readonly string[]): void {
    for (const address of mayDial(origins, this.#init.reaches)) {
      const signal = AbortSignal.timeout(DIAL_MS)
      this.#init.peer.libp2p.dial(multiaddr(address), { signal }).catch(() => {})
    }
  }
}

function isSame(a: CID, b: CID): boolean {
  return a.toV1().equals(b.toV1())
}
