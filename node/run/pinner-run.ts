import { CID } from 'multiformats/cid'
import { systemClock } from '../../protocols/clock.ts'
import { type CheckpointNews, type Invite, type Phase, parseCheckpointNews } from '../../protocols/envelope/index.ts'
import { ownAddresses } from '../../protocols/links/index.ts'
import type { LinkStatus } from '../control/index.ts'
import type { Peer } from '../peer.ts'
import { AnnouncedFile } from './announced-file.ts'
import { keepCheckpoint } from './checkpoints.ts'
import { describeLinks } from './describe-links.ts'
import { DiskTrouble } from './disk-trouble.ts'
import { invitedMembers } from './locate-run.ts'
import { NewestCheckpoint } from './newest-checkpoint.ts'
import { renewConnections } from './renew-connections.ts'
import type { RunFiles } from './run-files.ts'
import { RunNetwork } from './run-network.ts'
import { StandStillWatch } from './stand-still-watch.ts'

/** A checkpoint that could not be fetched is tried again while it is the newest. */
const RETRY_MS = 2000

/** … and after so many attempts it counts as never announced. */
const MAX_ATTEMPTS = 5

/** A fetch goes on for so long after a newer checkpoint was announced: its author may be gone for good. */
const OUTDATED_MS = 2000

export interface PinnedCheckpoint {
  readonly root: CID
  readonly round: number
  readonly phase: Phase
  readonly accuracy?: number
  readonly rmse?: number
}

export interface PinnerInit {
  readonly peer: Peer
  readonly run: RunFiles
  readonly network: string
  /** Absent for the peer that made the run. */
  readonly invite?: Invite
  readonly onPinned: (checkpoint: PinnedCheckpoint) => void
  readonly onNotice: (message: string) => void
}

/** A peer without data that follows a run: it introduces members to each other and keeps the newest checkpoints. */
export class PinnerRun {
  readonly #init: PinnerInit
  readonly #network: RunNetwork
  readonly #newest = new NewestCheckpoint()
  readonly #stopping = new AbortController()
  readonly #watch: StandStillWatch
  readonly #trouble: DiskTrouble
  readonly #file: AnnouncedFile
  #fetching: Promise<void> | undefined
  #attempt = new AbortController()
  /** The newest checkpoint that is here. */
  #kept: CheckpointNews | undefined

  constructor(init: PinnerInit) {
    this.#init = init
    const { peer, run, network } = init
    this.#network = new RunNetwork({
      peer,
      network,
      run,
      roles: ['pinner', 'bootstrap'],
      engine: '',
      clock: systemClock,
      source: { payload: () => undefined, deltas: () => [] },
      local: () => ({ head: null, isTrainer: false, hasEnded: false }),
      copyOf: async () => undefined,
      newestCheckpoint: () => this.#newest.sealed,
      onLinkOpened: () => {},
      onLinkClosed: () => {},
      onDelta: () => {},
      onHeader: () => {},
      onCheckpoint: (checkpoint) => this.#offered(checkpoint),
      onNotice: init.onNotice
    })
    this.#file = new AnnouncedFile(peer.home, run.id.toString())
    this.#trouble = new DiskTrouble({ home: peer.home.dir, onNotice: init.onNotice })
    this.#watch = new StandStillWatch({
      clock: systemClock,
      addresses: () => ownAddresses(peer.libp2p),
      onReturn: (why) => {
        init.onNotice(`connections are renewed: ${why}`)
        void renewConnections(peer.libp2p, why)
      }
    })
  }

  /** How often input was refused, by reason. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#network.refusals
  }

  readonly state = 'following'

  get links(): LinkStatus[] {
    return describeLinks(this.#network.links.links)
  }

  /** The newest checkpoint that was heard of. */
  get announced(): CheckpointNews | undefined {
    return this.#newest.announced
  }

  async start(): Promise<void> {
    const { invite } = this.#init
    await this.#recall()
    await this.#network.start()
    this.#watch.start()
    for (const { id, member } of invite === undefined ? [] : invitedMembers(invite)) {
      this.#network.links.addMember(id, member)
      this.#askForCheckpoint(id)
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#attempt.abort()
    this.#watch.stop()
    await this.#network.stop()
    await this.#fetching
  }

  /** What an earlier start kept is known again: newcomers may have nobody else to ask. */
  async #recall(): Promise<void> {
    const known = await this.#file.load()
    if (known === undefined || (await this.#init.peer.storage.pins.get(rootOf(known))) === undefined) return
    this.#newest.offer(known)
    this.#kept = known
  }

  #askForCheckpoint(id: string): void {
    this.#network.state
      .fetchCheckpoint(id)
      .then(async (sealed) => {
        if (sealed !== undefined) this.#offered(await parseCheckpointNews(sealed))
      })
      // Nobody there, or nothing yet: gossip brings the next one.
      .catch(() => {})
  }

  #offered(checkpoint: CheckpointNews): void {
    if (!this.#newest.offer(checkpoint)) return
    const attempt = this.#attempt
    systemClock.after(OUTDATED_MS, () => {
      if (this.#attempt === attempt) attempt.abort()
    })
    this.#fetching ??= this.#fetch()
  }

  /** Fetches the newest checkpoint, and again until nothing newer came meanwhile. */
  async #fetch(): Promise<void> {
    const { signal } = this.#stopping
    let attempts = 0
    while (!signal.aborted && this.#kept !== this.#newest.announced) {
      const wanted = this.#newest.announced!
      this.#attempt = new AbortController()
      if (await this.#keep(wanted)) {
        this.#kept = wanted
        attempts = 0
      } else if (++attempts >= MAX_ATTEMPTS) {
        this.#newest.withdraw(wanted, this.#kept)
        attempts = 0
      } else if (wanted === this.#newest.announced)
        await new Promise<void>((resolve) => systemClock.after(RETRY_MS, resolve))
    }
    this.#fetching = undefined
  }

  async #keep(checkpoint: CheckpointNews): Promise<boolean> {
    const { peer, run, onPinned } = this.#init
    const { round, phase, accuracy, rmse } = checkpoint.announcement
    try {
      const root = await keepCheckpoint(peer.storage, run, checkpoint, { signal: this.#attempt.signal })
      await this.#file.save(checkpoint)
      this.#trouble.stored('checkpoint not fetched')
      const measured = { ...(accuracy === undefined ? {} : { accuracy }), ...(rmse === undefined ? {} : { rmse }) }
      onPinned({ root, round, phase, ...measured })
      return true
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#trouble.failed('checkpoint not fetched', error as Error)
      return false
    }
  }
}

function rootOf({ announcement }: CheckpointNews): CID {
  return CID.decode(announcement.checkpoint)
}
