import { CID } from 'multiformats/cid'
import type { Invite } from '../../protocols/envelope/index.ts'
import type { RunEnd, RunEvent, RunRequest, RunStatus } from '../control/index.ts'
import type { Peer } from '../peer.ts'
import { DEFAULT_POLICY, type QuotaKeeper } from '../pinning/index.ts'
import { CopyNotSavedError } from './disk-trouble.ts'
import { forgetJoin } from './joined-runs.ts'
import type { PendingPin } from './list-pins.ts'
import { pinRun } from './pinning-session.ts'
import { purgeRun } from './purge-run.ts'
import { RunEndingError } from './run-errors.ts'
import type { RunFiles } from './run-files.ts'
import type { RunningRun, RunSession, SessionEnd } from './run-session.ts'
import { trainInRun } from './training-session.ts'

export interface ActiveRunInit {
  readonly peer: Peer
  readonly invite: Invite
  readonly request: RunRequest
  readonly quota: QuotaKeeper
  /** Hears everything about the run; the last is how it ended. */
  readonly onEvent: (event: RunEvent) => void
  /** True when this peer is in no other run. */
  readonly isAlone: () => boolean
}

/** One run of this peer, from the request to its end, whatever that is: nothing that happens in it reaches another run. */
export class ActiveRun {
  /** Run id, text form. */
  readonly id: string
  readonly #init: ActiveRunInit
  readonly #startedAt = Date.now()
  readonly #parting = new AbortController()
  readonly #ended = Promise.withResolvers<RunEnd>()
  #files: RunFiles | undefined
  #running: RunningRun | undefined
  #isPausedEarly = false
  #wantsLeave = false
  #wantsPurge = false
  /** What made the run fail, for whoever waits for it in this process. */
  failure: unknown

  constructor(init: ActiveRunInit) {
    this.#init = init
    this.id = CID.decode(init.invite.run).toString()
  }

  /** Resolves when the run has ended for this peer and nothing of it is left running. */
  get ended(): Promise<RunEnd> {
    return this.#ended.promise
  }

  get name(): string | undefined {
    return this.#files?.manifest.name
  }

  get role(): RunRequest['role'] {
    return this.#init.request.role
  }

  /** True once this peer parts from the run. */
  get isParting(): boolean {
    return this.#parting.signal.aborted
  }

  /** Call once. */
  start(): void {
    void this.#run().then((end) => {
      this.#init.onEvent({ type: 'ended', end })
      this.#ended.resolve(end)
    })
  }

  /** Takes effect before the next round, the first one included. Throws RunEndingError when there is none. */
  pause(): void {
    const state = this.#state
    if (state === 'closing' || state === 'done' || state === 'leaving') throw new RunEndingError(this, state)
    this.#isPausedEarly = this.#running === undefined
    this.#running?.pause?.()
  }

  resume(): void {
    this.#isPausedEarly = false
    this.#running?.resume?.()
  }

  /** Parts from the run for good; `purge` also removes what the home holds of it. */
  leave({ purge }: { purge: boolean }): void {
    this.#wantsLeave = true
    this.#wantsPurge ||= purge
    this.#parting.abort()
  }

  /** Parts from the run because the peer stops. */
  stop(): void {
    this.#parting.abort()
  }

  /** Checkpoints that this run is about to keep, or waits for. */
  get wantedPins(): PendingPin[] {
    return (this.#running?.wanted ?? []).map(({ announcement }, i) => ({
      root: CID.decode(announcement.checkpoint).toString(),
      state: i === 0 ? 'pinning' : 'queued',
      by: 'policy',
      kind: 'checkpoint',
      createdAt: announcement.createdAt,
      run: this.id,
      round: announcement.round
    }))
  }

  status(): RunStatus {
    const { invite, request } = this.#init
    const running = this.#running
    const announcement = running?.announced?.announcement
    return {
      id: this.id,
      network: invite.network,
      role: request.role,
      ...(request.role === 'pinner' ? { policy: request.policy ?? DEFAULT_POLICY } : {}),
      state: this.#state,
      startedAt: this.#startedAt,
      ...(this.#files === undefined
        ? {}
        : { name: this.#files.manifest.name, parameters: this.#files.manifest.parameterCount }),
      ...(running?.progress === undefined ? {} : { training: running.progress }),
      links: running?.links ?? [],
      ...(announcement === undefined
        ? {}
        : {
            checkpoint: {
              root: CID.decode(announcement.checkpoint).toString(),
              round: announcement.round,
              ...(announcement.accuracy === undefined ? {} : { accuracy: announcement.accuracy }),
              ...(announcement.rmse === undefined ? {} : { rmse: announcement.rmse })
            }
          }),
      refused: Object.fromEntries(running?.refusals ?? [])
    }
  }

  get #state(): RunStatus['state'] {
    if (this.isParting) return 'leaving'
    return this.#running?.state ?? 'starting'
  }

  async #run(): Promise<RunEnd> {
    const { signal } = this.#parting
    try {
      const end = await this.#session()
      if (end.type === 'done') return { ...end, run: this.id }
      return await this.#parted(end.rounds)
    } catch (error) {
      // A run that is left while it starts ends with whatever its first steps were interrupted in.
      if (signal.aborted && !(error instanceof CopyNotSavedError)) return this.#parted(0)
      this.failure = error
      const { message, code } = error as Error & { code?: unknown }
      return { type: 'failed', message, ...(typeof code === 'string' ? { code } : {}) }
    }
  }

  #session(): Promise<SessionEnd> {
    const { peer, invite, request, quota } = this.#init
    const session: RunSession = {
      peer,
      invite,
      quota,
      signal: this.#parting.signal,
      say: (level, message) => this.#say(level, message),
      onLocated: (files) => {
        this.#files = files
      },
      onRunning: (running) => {
        this.#running = running
        if (this.#isPausedEarly) running.pause?.()
      }
    }
    return request.role === 'trainer' ? trainInRun(session, request) : pinRun(session, request)
  }

  async #parted(rounds: number): Promise<RunEnd> {
    const { peer, request, isAlone } = this.#init
    const where = request.role === 'trainer' && rounds > 0 ? ` in round ${rounds}` : ''
    if (!this.#wantsLeave) {
      this.#say('info', `stopped${where}${this.#wayBack(where)}`)
      return { type: 'stopped' }
    }
    await forgetJoin(peer.home, this.id)
    if (this.#wantsPurge) await this.#purge(peer, isAlone())
    this.#say('info', `left the run${where}${this.#wantsPurge ? ', nothing of it is kept here' : ''}`)
    return { type: 'left' }
  }

  #wayBack(where: string): string {
    if (this.role === 'pinner') return '; start again with the same home to go on'
    return where === '' ? '' : '; the copy is saved, `starling join` with the same home goes on'
  }

  async #purge(peer: Peer, isAlone: boolean): Promise<void> {
    try {
      await purgeRun(peer, this.id, isAlone)
    } catch (error) {
      this.#say('warn', `not everything of the run could be removed: ${(error as Error).message}`)
    }
  }

  #say(level: 'info' | 'warn', message: string): void {
    this.#init.onEvent({ type: 'log', level, message })
  }
}
