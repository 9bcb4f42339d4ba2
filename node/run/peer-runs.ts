import { type Invite, parseInvite } from '../../protocols/envelope/index.ts'
import type { Controls, PeerStatus, RunEvent, RunRequest } from '../control/index.ts'
import type { Peer } from '../peer.ts'
import { ActiveRun } from './active-run.ts'
import { parseCid, pinEntry } from './pin-entry.ts'
import { pinForUser } from './pin-for-user.ts'
import {
  AlreadyInRunError,
  AmbiguousRunError,
  NotTrainingError,
  PeerStoppingError,
  UnknownRunError
} from './run-errors.ts'

export interface PeerRunsInit {
  readonly peer: Peer
  /** Hears what happens in any of the runs. */
  readonly onEvent: (run: ActiveRun, event: RunEvent) => void
}

/**
 * All runs of one peer, in one process: they share its identity, home and connections, and nothing else. The first may
 * be added at once, others at any time until the last one has ended or is being left; then the peer is over.
 */
export class PeerRuns implements Controls {
  readonly #init: PeerRunsInit
  readonly #startedAt = Date.now()
  readonly #runs = new Map<string, ActiveRun>()
  readonly #over = Promise.withResolvers<void>()
  #isOver = false

  constructor(init: PeerRunsInit) {
    this.#init = init
  }

  /** Resolves when the last run has ended. */
  get over(): Promise<void> {
    return this.#over.promise
  }

  /** True when no run is under way that stays: whoever wants another must start another peer. */
  get isStopping(): boolean {
    return this.#isOver || (this.#runs.size > 0 && [...this.#runs.values()].every(({ isParting }) => isParting))
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
      if (this.#runs.size > 0) return
      this.#isOver = true
      this.#over.resolve()
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
      connections: peer.libp2p.getConnections().length,
      ...peer.traffic.totals,
      rssBytes: process.memoryUsage.rss(),
      runs
    }
  }

  async pins() {
    return (await this.#init.peer.storage.pins.list()).map(pinEntry)
  }

  async pin(root: string, from?: string) {
    return pinEntry(await pinForUser(this.#init.peer, parseCid(root), from))
  }

  async unpin(root: string): Promise<boolean> {
    return this.#init.peer.storage.pins.unkeep(parseCid(root))
  }
}
