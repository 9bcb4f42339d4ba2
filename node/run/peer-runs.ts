import { type Invite, parseInvite } from '../../protocols/envelope/index.ts'
import { fingerprintText } from '../../storage/index.ts'
import type { Controls, PeerStatus, PinEntry, RunEvent, RunRequest } from '../control/index.ts'
import type { Peer } from '../peer.ts'
import { DEFAULT_QUOTA, parseDiskSize, QuotaKeeper } from '../pinning/index.ts'
import { ActiveRun } from './active-run.ts'
import { callAll } from './call-all.ts'
import { exportArchive, importArchive } from './car-archives.ts'
import { listPins, type PendingPin, pendingRequests, pinEntry } from './list-pins.ts'
import { parseCid } from './parse-cid.ts'
import { pinForUser } from './pin-for-user.ts'
import type { PinningServer } from './pinning-server.ts'
import {
  AlreadyInRunError,
  AmbiguousRunError,
  NotTrainingError,
  PeerStoppingError,
  UnknownRunError
} from './run-errors.ts'
import { unpinOwn } from './unpin-own.ts'

/** Pins of the owner that are remembered while they are under way, or because they failed. */
const MAX_USER_PINS = 100

export interface PeerRunsInit {
  readonly peer: Peer
  /** What all blocks may take on the disk. Default 10 GiB. */
  readonly quotaBytes?: number
  /** True where the peer does something besides its runs, and stays without any. */
  readonly staysWithoutRuns?: boolean
  /** Hears what happens in any of the runs. */
  readonly onEvent: (run: ActiveRun, event: RunEvent) => void
}

/**
 * All runs of one peer, in one process: they share its identity, home and connections, and nothing else. The first may
 * be added at once, others at any time until the last one has ended or is being left; then the peer is over.
 */
export class PeerRuns implements Controls {
  readonly #init: PeerRunsInit
  readonly quota: QuotaKeeper
  readonly #startedAt = Date.now()
  readonly #runs = new Map<string, ActiveRun>()
  readonly #over = Promise.withResolvers<void>()
  /** Pins that the owner asked for: under way, or the last that failed. */
  readonly #userPins = new Map<string, PendingPin>()
  #server: Pick<PinningServer, 'requests' | 'url'> | undefined
  #isOver = false

  constructor(init: PeerRunsInit) {
    this.#init = init
    const quotaBytes = init.quotaBytes ?? parseDiskSize(DEFAULT_QUOTA)
    this.quota = new QuotaKeeper({ storage: init.peer.storage, quotaBytes })
  }

  /** From now on this peer pins for others too. */
  offer(server: Pick<PinningServer, 'requests' | 'url'>): void {
    this.#server = server
  }

  /** Resolves when the last run has ended. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** True when no run is under way that stays: whoever wants another must start another peer. */
  get isStopping(): boolean {
    if (this.#isOver || this.#init.staysWithoutRuns === true) return this.#isOver
    return this.#runs.size > 0 && [...this.#runs.values()].every(({ isParting }) => isParting)
  }

  get size(): number {
    return this.#runs.size
  }

  /**
   * Takes part in one more run. `onEvent` hears what happens in it until it has ended. A run that is just being left is
   * waited for. Throws InviteError, AlreadyInRunError, PeerStoppingError.
   */
  async join(request: RunRequest, onEvent: (event: RunEvent) => void): Promise<ActiveRun> {
    const invite = parseInvite(request.invite)
    for (;;) {
      const run = this.#create(request, invite, onEvent)
      if (this.isStopping) throw new PeerStoppingError(this.#init.peer.home.dir)
      const there = this.#runs.get(run.id)
      if (there === undefined) return this.#begin(run, onEvent)
      if (!there.isParting) throw new AlreadyInRunError(there.id, there.name, this.#init.peer.home.dir)
      await there.ended
    }
  }

  #create(request: RunRequest, invite: Invite, onEvent: (event: RunEvent) => void): ActiveRun {
    const { peer } = this.#init
    const run: ActiveRun = new ActiveRun({
      peer,
      invite,
      request,
      quota: this.quota,
      isAlone: () => this.#runs.size <= 1,
      onEvent: (event) => {
        this.#init.onEvent(run, event)
        onEvent(event)
      }
    })
    return run
  }

  #begin(run: ActiveRun, onEvent: (event: RunEvent) => void): ActiveRun {
    this.#runs.set(run.id, run)
    void run.ended.then(() => {
      this.#runs.delete(run.id)
      if (this.#runs.size === 0 && this.#init.staysWithoutRuns !== true) this.#end()
    })
    onEvent({ type: 'joined', run: run.id, pid: process.pid })
    run.start()
    return run
  }

  /** Parts from all runs, each in good order. */
  async stop(): Promise<void> {
    const runs = [...this.#runs.values()]
    for (const run of runs) run.stop()
    await Promise.all(runs.map(({ ended }) => ended))
    this.#end()
  }

  #end(): void {
    this.#isOver = true
    this.#over.resolve()
  }

  pause(name?: string): void {
    this.#training(name, 'pause').pause()
  }

  resume(name?: string): void {
    this.#training(name, 'resume').resume()
  }

  /** Resolves when this peer is out of the run, or at once where that is the end of the peer, with true. */
  async leave(options: { purge: boolean }, name?: string): Promise<boolean> {
    const run = this.#named([...this.#runs.values()], name)
    run.leave(options)
    if (this.isStopping) return true
    await run.ended
    return false
  }

  /** The run of that id or name; without one, the only run. */
  #named(among: readonly ActiveRun[], name: string | undefined): ActiveRun {
    const found = name === undefined ? among : among.filter(({ id, name: own }) => id === name || own === name)
    const [run, other] = found
    if (run === undefined) throw new UnknownRunError(name, [...this.#runs.values()])
    if (other !== undefined) throw new AmbiguousRunError(found)
    return run
  }

  #training(name: string | undefined, what: 'pause' | 'resume'): ActiveRun {
    const all = [...this.#runs.values()]
    const training = all.filter(({ role }) => role === 'trainer')
    const run = this.#named(name === undefined && training.length > 0 ? training : all, name)
    if (run.role !== 'trainer') throw new NotTrainingError(what)
    return run
  }

  status(): PeerStatus {
    const { peer } = this.#init
    const runs = [...this.#runs.values()].map((run) => run.status())
    return {
      v: 1,
      peer: peer.id,
      pid: process.pid,
      roles: [...new Set(runs.map(({ role }) => role))],
      home: peer.home.dir,
      startedAt: this.#startedAt,
      addresses: peer.libp2p.getMultiaddrs().map(String),
      ...(peer.swarmKey === undefined ? {} : { swarmKey: fingerprintText(peer.swarmKey.fingerprint) }),
      connections: peer.libp2p.getConnections().length,
      ...peer.traffic.totals,
      rssBytes: process.memoryUsage.rss(),
      pinning: { ...this.quota.status, ...(this.#server === undefined ? {} : { api: this.#server.url }) },
      runs
    }
  }

  async pins(): Promise<PinEntry[]> {
    const ofRuns = [...this.#runs.values()].flatMap((run) => run.wantedPins)
    const ofClients = pendingRequests(this.#server?.requests ?? [])
    return listPins(this.#init.peer.storage, [...this.#userPins.values(), ...ofRuns, ...ofClients])
  }

  async pin(root: string, from?: string): Promise<PinEntry> {
    const { peer } = this.#init
    const cid = parseCid(root)
    const pending = {
      root: cid.toString(),
      state: 'pinning',
      by: 'user',
      kind: 'other',
      createdAt: Date.now()
    } as const
    this.#noteUserPin(pending)
    try {
      const kept = await pinForUser(peer, cid, from)
      this.#userPins.delete(pending.root)
      await this.quota.apply()
      return await pinEntry(peer.storage, kept)
    } catch (error) {
      this.#noteUserPin({ ...pending, state: 'failed', details: (error as Error).message })
      throw error
    }
  }

  /** Bounded: those that failed longest ago are forgotten. */
  #noteUserPin(pin: PendingPin): void {
    this.#userPins.delete(pin.root)
    this.#userPins.set(pin.root, pin)
    const [oldest] = [...this.#userPins.values()].filter(({ state }) => state === 'failed')
    if (this.#userPins.size > MAX_USER_PINS && oldest !== undefined) this.#userPins.delete(oldest.root)
  }

  exportCar(root: string) {
    return exportArchive(this.#init.peer.storage, root)
  }

  importCar(archive: AsyncIterable<Uint8Array>, options: { readonly pin: boolean }) {
    return importArchive(this.#init.peer.storage, archive, options)
  }

  async unpin(root: string): Promise<boolean> {
    const cid = parseCid(root)
    const hadFailed = this.#userPins.delete(cid.toString())
    return unpinOwn(this.#init.peer.storage, cid).then((isRemoved) => isRemoved || hadFailed)
  }

  async connect(addresses: readonly string[]): Promise<void> {
    await callAll(this.#init.peer.libp2p, addresses)
  }
}
