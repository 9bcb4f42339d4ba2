import { CID } from 'multiformats/cid'
import { systemClock } from '../../protocols/clock.ts'
import {
  type CheckpointNews,
  type Invite,
  type Phase,
  parseCheckpointNews,
  type SignedDeltaHeader
} from '../../protocols/envelope/index.ts'
import { ownAddresses, peerText } from '../../protocols/links/index.ts'
import type { LinkStatus } from '../control/index.ts'
import type { Peer } from '../peer.ts'
import {
  type PinningPolicy,
  type QuotaKeeper,
  type WantedCheckpoint,
  WantedCheckpoints,
  wantsEach
} from '../pinning/index.ts'
import { AnnouncedFile } from './announced-file.ts'
import { keepCheckpoint, maxCheckpointBytes } from './checkpoints.ts'
import { describeLinks } from './describe-links.ts'
import { DiskTrouble } from './disk-trouble.ts'
import { invitedMembers } from './locate-run.ts'
import { compareCheckpoints, NewestCheckpoint } from './newest-checkpoint.ts'
import { RECORDS_FILE, RecordLog } from './record-log.ts'
import { renewConnections } from './renew-connections.ts'
import { type RunFiles, weightsFileBytes } from './run-files.ts'
import { RunNetwork } from './run-network.ts'
import { type SealedByThis, Sealer } from './sealing/index.ts'
import { requireSealed } from './sealing/require-sealed.ts'
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
  /** Of a sealed checkpoint: members that closed and are in it. */
  readonly sealedBy?: number
}

export interface PinnerInit {
  readonly peer: Peer
  readonly run: RunFiles
  readonly network: string
  /** Absent for the peer that made the run. */
  readonly invite?: Invite
  readonly policy: PinningPolicy
  /** Of the whole peer; follows this run already. */
  readonly quota: QuotaKeeper
  readonly onPinned: (checkpoint: PinnedCheckpoint) => void
  readonly onNotice: (message: string) => void
}

/** A peer without data that follows a run: it introduces members to each other and keeps checkpoints as its policy says. */
export class PinnerRun {
  readonly #init: PinnerInit
  readonly #network: RunNetwork
  readonly #newest = new NewestCheckpoint()
  #wanted: WantedCheckpoints
  /** True from the first checkpoint that is left out until all others are here. */
  #isBehind = false
  readonly #stopping = new AbortController()
  readonly #watch: StandStillWatch
  readonly #trouble: DiskTrouble
  readonly #file: AnnouncedFile
  readonly #records: RecordLog
  readonly #sealer: Sealer
  #fetching: Promise<void> | undefined
  #attempt = new AbortController()
  /** The newest checkpoint that is here. */
  #kept: CheckpointNews | undefined

  constructor(init: PinnerInit) {
    this.#init = init
    const { peer, run, network } = init
    this.#wanted = new WantedCheckpoints(wantsEach(init.policy))
    this.#network = new RunNetwork({
      peer,
      network,
      run,
      roles: ['pinner', 'bootstrap'],
      engine: '',
      clock: systemClock,
      source: { payload: () => undefined, deltas: () => [] },
      local: () => ({ head: null, isTrainer: false, hasEnded: false }),
      copyOf: async (author) => this.#sealer.copyOf(peerText(author)),
      closed: () => this.#sealer.headers,
      newestCheckpoint: () => this.#newest.sealed,
      onLinkOpened: () => {},
      onLinkClosed: () => {},
      onDelta: () => {},
      onHeader: (signed) => this.#headerSeen(signed),
      onEquivocation: (proof) => this.#records.append('equivocation', proof),
      onCheckpoint: (checkpoint) => this.#offered(checkpoint),
      onNotice: init.onNotice
    })
    this.#records = new RecordLog(peer.home.path(RECORDS_FILE), run.id.toString(), {
      onError: (error) => this.#trouble.failed(RECORDS_FILE, error),
      onWritten: () => this.#trouble.stored(RECORDS_FILE)
    })
    this.#sealer = new Sealer({
      peer,
      run,
      state: this.#network.state,
      clock: systemClock,
      // It has no links: whoever is connected may be of this run, and who is not does not speak its protocol.
      ask: () => peer.libp2p.getPeers().map(String),
      members: () => this.#network.links.members.trainerCount,
      onSealed: (sealed) => this.#sealed(sealed),
      onTrouble: (error) => this.#trouble.failed('checkpoint not sealed', error)
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

  /** Checkpoints that are being fetched, or wait for it. */
  get wanted(): readonly CheckpointNews[] {
    return this.#wanted.all.map(({ checkpoint }) => checkpoint)
  }

  /** The newest checkpoint that was heard of. */
  get announced(): CheckpointNews | undefined {
    return this.#newest.announced
  }

  async start(): Promise<void> {
    const { invite } = this.#init
    const { peer, run, policy } = this.#init
    const latest = await peer.storage.checkpoints.latest(run.id.toString())
    this.#wanted = new WantedCheckpoints(wantsEach(policy), latest?.createdAt)
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
    const sealed = this.#sealer.stop()
    await this.#network.stop()
    await sealed
    await this.#fetching
    await this.#records.close()
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

  #headerSeen(signed: SignedDeltaHeader): void {
    this.#records.append('delta', signed.bytes)
    this.#sealer.note(signed)
    // The first who closes; the others follow soon.
    if (signed.header.phase === 'done') void this.#sealer.begin()
  }

  /** Without rows of its own it signs what it derived, and nothing about how good it is. */
  async #sealed({ root, members, bytes }: SealedByThis): Promise<void> {
    const { run, onPinned } = this.#init
    const news = await parseCheckpointNews(bytes)
    await this.#init.quota.apply()
    this.#records.appendOwn('seal', bytes)
    if (this.#newest.offer(news)) {
      this.#kept = news
      await this.#file.save(news)
      onPinned({ root, round: run.manifest.training.rounds, phase: 'done', sealedBy: members })
    }
    await this.#network.topics.publish('checkpoints', bytes)
  }

  #offered(checkpoint: CheckpointNews): void {
    this.#records.append(checkpoint.seal === undefined ? 'checkpoint' : 'seal', checkpoint.bytes)
    if (!this.#newest.offer(checkpoint)) return
    const isEach = wantsEach(this.#init.policy)
    const isBehind = this.#wanted.add(checkpoint, Date.now()).length > 0 && isEach
    if (isBehind && !this.#isBehind) {
      this.#init.onNotice('checkpoints are announced faster than they are fetched: some are left out')
    }
    this.#isBehind ||= isBehind
    const attempt = this.#attempt
    systemClock.after(OUTDATED_MS, () => {
      if (this.#attempt === attempt && (isBehind || !isEach)) attempt.abort()
    })
    this.#fetching ??= this.#fetch()
  }

  /** Fetches what is wanted, until nothing is. */
  async #fetch(): Promise<void> {
    const { signal } = this.#stopping
    let attempts = 0
    for (let wanted = this.#wanted.next; wanted !== undefined && !signal.aborted; wanted = this.#wanted.next) {
      this.#attempt = new AbortController()
      const isKept = await this.#keep(wanted, attempts > 0)
      // What this peer sealed itself meanwhile is here and newer.
      if (isKept) this.#kept = newer(this.#kept, wanted.checkpoint)
      if (isKept || ++attempts >= MAX_ATTEMPTS) {
        if (!isKept) this.#newest.withdraw(wanted.checkpoint, this.#kept)
        this.#wanted.done(wanted)
        attempts = 0
      } else if (wanted === this.#wanted.next)
        await new Promise<void>((resolve) => systemClock.after(RETRY_MS, resolve))
    }
    this.#isBehind = false
    this.#fetching = undefined
  }

  /** `isAgain`: it was larger than expected, perhaps; then there is room for as much as it may be. */
  async #keep({ checkpoint, heardAt }: WantedCheckpoint, isAgain: boolean): Promise<boolean> {
    const { peer, run, quota, onPinned } = this.#init
    const most = maxCheckpointBytes(run, checkpoint.seal)
    const expected = isAgain ? most : checkpointDiskBytes(run, checkpoint.seal)
    const { signal } = this.#attempt
    const { round, phase, accuracy, rmse } = checkpoint.announcement
    try {
      const root = await quota.withRoom({ expected, most }, (maxBytes) =>
        keepCheckpoint(peer.storage, run, checkpoint, { signal, maxBytes, createdAt: heardAt })
      )
      if (checkpoint.seal !== undefined) await requireSealed(peer.storage, run, checkpoint)
      if (newer(this.#kept, checkpoint) === checkpoint) await this.#file.save(checkpoint)
      this.#trouble.stored('checkpoint not fetched')
      const measured = { ...(accuracy === undefined ? {} : { accuracy }), ...(rmse === undefined ? {} : { rmse }) }
      const sealed = checkpoint.seal === undefined ? {} : { sealedBy: checkpoint.seal.members }
      onPinned({ root, round, phase, ...measured, ...sealed })
      return true
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#trouble.failed('checkpoint not fetched', error as Error)
      return false
    }
  }
}

/** A manifest of a few neighbours, the block that holds the file's parts together, and what blocks round up to. */
const MANIFEST_DISK_BYTES = 32 * 1024

/** What a checkpoint of a run will probably take on the disk. */
export function checkpointDiskBytes({ manifest }: RunFiles, seal?: CheckpointNews['seal']): number {
  const { parameterCount, averaging, checkpoint } = manifest
  const copies = seal?.members ?? (checkpoint.proof === 'snapshots' ? averaging.k + 1 : 0)
  return (1 + copies) * (weightsFileBytes(parameterCount) + MANIFEST_DISK_BYTES)
}

function newer(known: CheckpointNews | undefined, checkpoint: CheckpointNews): CheckpointNews {
  return known !== undefined && compareCheckpoints(known, checkpoint) < 0 ? known : checkpoint
}

function rootOf({ announcement }: CheckpointNews): CID {
  return CID.decode(announcement.checkpoint)
}
