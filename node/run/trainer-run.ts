import { CID } from 'multiformats/cid'
import { systemClock } from '../../protocols/clock.ts'
import type { CheckpointNews, Invite } from '../../protocols/envelope/index.ts'
import { streamFault } from '../../protocols/frames.ts'
import { ownAddresses } from '../../protocols/links/index.ts'
import { topicOf } from '../../protocols/topics/index.ts'
import { nextIncarnation } from '../../storage/index.ts'
import type { LinkStatus, RunStatus, TrainingStatus } from '../control/index.ts'
import type { Hours } from '../limits/index.ts'
import {
  type CheckpointRequest,
  type OwnDelta,
  Participant,
  type ParticipantReport,
  type RoundEvent
} from '../participant/index.ts'
import type { Peer } from '../peer.ts'
import type { Recorder } from '../recording/index.ts'
import type { VectorWorker, WorkerReport } from '../vectors/index.ts'
import type { MadeCheckpoint } from './checkpoints.ts'
import { describeLinks } from './describe-links.ts'
import { CopyNotSavedError, DiskTrouble } from './disk-trouble.ts'
import { linkedPeer } from './linked-peer.ts'
import { invitedMembers } from './locate-run.ts'
import { LossTrend } from './loss-trend.ts'
import { OwnStore } from './own-store.ts'
import { PersonalFile } from './personal-file.ts'
import { renewConnections } from './renew-connections.ts'
import { type RestState, Rests } from './rests.ts'
import type { RunFiles } from './run-files.ts'
import { RunNetwork } from './run-network.ts'
import { SignedCopies } from './signed-copies.ts'
import type { Traffic } from './socket-traffic.ts'
import { StandStillWatch } from './stand-still-watch.ts'
import { TopicTurns } from './topic-turns.ts'
import { TrainerCheckpoints } from './trainer-checkpoints.ts'
import { TrainerLogs } from './trainer-logs.ts'

/** The own copy is saved every eight rounds (DESIGN 5). */
const SAVE_EVERY_ROUNDS = 8

/**
 * One neighbour is exchanged about every ten rounds (ALGORITHMS 1): each peer asks for that every twenty on average, and
 * is asked as often. At random, for peers in step would all fetch their new neighbours' copies in the same round …
 */
const SWAP_EVERY_ROUNDS = 20

/** … but not more often than this: a handshake and a fetched copy are dear beside rounds of milliseconds. */
const MIN_SWAP_INTERVAL_MS = 2000

/**
 * Last headers that everybody hears at once, of all members together; the others pass from neighbour to neighbour when the
 * run is sealed. All of them were 1.7 kB a round of 40 more for each of 64 peers than for each of 16.
 */
const LAST_HEADERS_FOR_ALL = 16

/** A pinner needs this long to hear of the last checkpoint and fetch it. */
const MIN_LINGER_MS = 3000

/** How often a peer that is done looks whether anybody is left. */
const LINGER_CHECK_MS = 200

/** What the sockets have carried since the start of the peer, in bytes, as of a round's end. */
interface RoundTraffic extends Traffic {
  /** Of those received: beacons, with their copies and offers. */
  readonly beaconBytes: number
}

export interface TrainerInit {
  readonly peer: Peer
  readonly run: RunFiles
  readonly network: string
  readonly invite?: Invite
  readonly vectors: VectorWorker & { readonly report: WorkerReport }
  readonly company: { readonly links: number; readonly ms: number }
  readonly hours?: Hours
  readonly isMetered?: () => Promise<boolean | undefined>
  /** Writes down what is needed to play the run again; stays the caller's to close. */
  readonly recorder?: Recorder
  readonly onRound?: (event: RoundEvent & RoundTraffic) => void
  readonly onCheckpoint?: (checkpoint: MadeCheckpoint, request: CheckpointRequest) => void
  /** Keeps the whole own chain and notes when each delta was published, for auditors. */
  readonly keepsAll?: boolean
  /** This peer derived and signed the run's last checkpoint. */
  readonly onSealed?: (root: CID, members: number) => void
  /** Hears how much of a copy that is being fetched is here, in bytes. */
  readonly onFetching?: (peer: string, received: number, total: number) => void
  readonly onNotice: (message: string) => void
}

/** A peer that trains in one run: the participant, wired to the network, the worker thread and the store. */
export class TrainerRun {
  readonly #init: TrainerInit
  readonly #network: RunNetwork
  readonly #participant: Promise<Participant>
  readonly #store: OwnStore
  readonly #copies: SignedCopies
  readonly #personal: PersonalFile
  readonly #trouble: DiskTrouble
  readonly #logs: TrainerLogs
  readonly #checkpoints: TrainerCheckpoints
  #incarnation: Uint8Array = new Uint8Array()
  readonly #trend = new LossTrend()
  readonly #rests: Rests
  readonly #watch: StandStillWatch
  #live: Participant | undefined
  #lastRound: RoundEvent | undefined
  #hasEnded = false
  readonly #topicTurns = new TopicTurns(Math.random())
  #swapAt = systemClock.now()

  constructor(init: TrainerInit) {
    this.#init = init
    const { peer, run, network, vectors, onNotice } = init
    this.#trouble = new DiskTrouble({ home: peer.home.dir, onNotice })
    this.#copies = new SignedCopies({ self: peer.idBytes, vectors, live: () => this.#live })
    this.#personal = new PersonalFile(peer.home, run)
    this.#store = new OwnStore({
      peer,
      run: run.id.toString(),
      trouble: this.#trouble,
      own: () => this.#copies.own(),
      keepAll: init.keepsAll === true,
      savePersonal: () => this.#personal.saveFrom(vectors)
    })
    this.#logs = new TrainerLogs({ home: peer.home, run: run.id.toString(), trouble: this.#trouble })
    this.#network = new RunNetwork({
      peer,
      network,
      run,
      roles: ['trainer'],
      engine: vectors.report.engine,
      clock: systemClock,
      source: {
        payload: (root) => this.#live?.payload(root),
        deltas: (incarnation, from, to) => this.#live?.deltas(incarnation, from, to) ?? []
      },
      local: () => ({ head: this.#copies.head, isTrainer: true, hasEnded: this.#hasEnded }),
      copyOf: async (author) => this.#checkpoints.closedCopyOf(author) ?? (await this.#copies.of(author)),
      closed: () => this.#checkpoints.closedHeaders,
      ...(init.onFetching === undefined ? {} : { onProgress: init.onFetching }),
      newestCheckpoint: () => this.#checkpoints.announced?.bytes,
      onLinkOpened: (link, head) => this.#live?.linkOpened(linkedPeer(link, head !== null, this.#network)),
      onLinkClosed: (id) => this.#live?.linkClosed(id),
      onDelta: (id, frame) => this.#live?.receive(id, frame),
      onHeader: (signed) => this.#checkpoints.headerHeard(signed),
      onCheckpoint: (checkpoint) => this.#checkpoints.heard(checkpoint),
      onEquivocation: (proof) => this.#logs.records.append('equivocation', proof),
      onNotice
    })
    this.#checkpoints = this.#createCheckpoints()
    this.#participant = this.#createParticipant()
    const { hours, isMetered } = init
    this.#rests = new Rests({
      clock: systemClock,
      ...(hours === undefined ? {} : { hours }),
      ...(isMetered === undefined ? {} : { isMetered }),
      onChange: (state) => this.#restsChanged(state),
      onNotice
    })
    this.#watch = new StandStillWatch({
      clock: systemClock,
      addresses: () => ownAddresses(peer.libp2p),
      onReturn: (why) => void this.#returned(why)
    })
  }

  /** How often input was refused, by reason. */
  get refusals(): ReadonlyMap<string, number> {
    return this.#network.refusals
  }

  /** Number of neighbours. */
  get degree(): number {
    return this.#network.links.links.size
  }

  get links(): LinkStatus[] {
    return describeLinks(this.#network.links.links, (id) => this.#live?.newsOf(id))
  }

  /** The newest checkpoint's announcement, own or heard of. */
  get announced(): CheckpointNews | undefined {
    return this.#checkpoints.announced
  }

  pause(): void {
    this.#rests.hold('owner')
  }

  /** Ends the owner's pause. Other reasons to rest, such as the hour, go on. */
  resume(): void {
    this.#rests.release('owner')
  }

  /** How far this peer is. */
  get progress(): TrainingStatus {
    const { run, vectors } = this.#init
    const { loss, trainMs, waitMs } = this.#lastRound ?? {}
    return {
      ...(this.#rests.description === undefined ? {} : { paused: this.#rests.description }),
      round: this.#live?.round ?? 0,
      rounds: run.manifest.training.rounds,
      ...(loss === undefined ? {} : { loss }),
      lossTrend: [...this.#trend.points],
      ...(trainMs === undefined || waitMs === undefined ? {} : { trainMs, waitMs }),
      engine: vectors.report.engine,
      samples: vectors.report.samples
    }
  }

  get state(): RunStatus['state'] {
    if (this.#live === undefined) return 'starting'
    const { isPaused, phase, chain } = this.#live
    if (isPaused && phase === 'training') return 'paused'
    return chain === undefined ? 'waiting' : phase
  }

  /** Joins the network of the run: from here on links are made and answered. */
  async start(): Promise<void> {
    this.#live = await this.#participant
    await this.#network.start()
    const { invite } = this.#init
    for (const { id, member } of invite === undefined ? [] : invitedMembers(invite)) {
      this.#network.links.addMember(id, member)
    }
    this.#rests.start()
    this.#watch.start()
  }

  /** Links first when going on, last when resting: the participant counts on those that it had. */
  #restsChanged({ isPaused, isAway }: RestState): void {
    if (isPaused) this.#live?.pause()
    if (isAway) void this.#network.links.rest()
    else if (this.#network.links.isResting) this.#network.links.wake()
    if (!isPaused) this.#live?.resume()
  }

  async #returned(why: string): Promise<void> {
    const { peer, onNotice } = this.#init
    onNotice(`links are renewed: ${why}`)
    this.#live?.stoodStill()
    await renewConnections(peer.libp2p, why)
    this.#network.links.seekAnew()
  }

  /** Trains until the run ends or the signal fires; the own copy is saved then. */
  async train(signal: AbortSignal): Promise<ParticipantReport> {
    const participant = await this.#participant
    const hurry = () => void this.#init.vectors.hurry()
    signal.addEventListener('abort', hurry, { once: true })
    const report = await participant.run({ signal })
    signal.removeEventListener('abort', hurry)
    this.#hasEnded = report.end === 'done'
    const own = this.#hasEnded ? await this.#copies.own() : undefined
    if (own !== undefined) await this.#checkpoints.seal(own)
    await this.#store.save().catch((cause) => {
      throw new CopyNotSavedError(report.rounds, this.#init.peer.home.dir, cause)
    })
    return report
  }

  /** The newest checkpoint that this peer made or heard of. */
  get newestCheckpoint(): CID | undefined {
    const { announced } = this
    return announced === undefined ? undefined : CID.decode(announced.announcement.checkpoint)
  }

  /**
   * Serves neighbours that are behind, and whoever fetches the last checkpoint, until all are done: at most `ms`
   * milliseconds or the signal.
   */
  async linger(ms: number, signal: AbortSignal): Promise<void> {
    const startedAt = systemClock.now()
    const isOver = () => {
      const waited = systemClock.now() - startedAt
      return (
        signal.aborted ||
        waited >= ms ||
        (waited >= MIN_LINGER_MS && this.#live?.isAmongDone === true && this.#checkpoints.isSettled)
      )
    }
    while (!isOver()) await new Promise<void>((resolve) => systemClock.after(LINGER_CHECK_MS, resolve))
  }

  /** Parts from the neighbours and closes the logs. The worker and the peer are their owner's to stop. */
  async stop(): Promise<void> {
    this.#rests.stop()
    this.#watch.stop()
    const sealed = this.#checkpoints.stop()
    await this.#network.stop()
    await sealed
    this.#live?.stop()
    await this.#store.settled()
    await this.#logs.close()
  }

  #createCheckpoints(): TrainerCheckpoints {
    const { peer, run, invite, vectors, onCheckpoint, onSealed, onNotice } = this.#init
    return new TrainerCheckpoints({
      peer,
      run,
      ...(invite === undefined ? {} : { invite }),
      vectors,
      network: this.#network,
      copies: this.#copies,
      logs: this.#logs,
      trouble: this.#trouble,
      members: () => this.#members(),
      live: () => this.#live,
      ...(onCheckpoint === undefined ? {} : { onMade: onCheckpoint }),
      ...(onSealed === undefined ? {} : { onSealed }),
      onNotice
    })
  }

  async #createParticipant(): Promise<Participant> {
    const { peer, run, vectors, recorder, company, onNotice } = this.#init
    this.#incarnation = await nextIncarnation(peer.home, systemClock.wallNow())
    const { saved, warning } = await this.#store.load(run)
    if (warning !== undefined) onNotice(warning)
    await this.#personal.restoreTo(vectors, onNotice)
    const { engine } = vectors.report
    return new Participant({
      run: run.id.bytes,
      manifest: run.manifest,
      key: peer.key,
      incarnation: this.#incarnation,
      vectors: recorder?.follow(vectors, { peer: peer.id, incarnation: this.#incarnation, engine }) ?? vectors,
      clock: systemClock,
      engine,
      samples: vectors.report.samples,
      company,
      members: () => this.#members(),
      newestCheckpoint: (signal) => this.#checkpoints.toStartFrom(signal),
      ...(saved === undefined ? {} : { saved }),
      roomForRound: async (signal) => {
        await this.#store.settled()
        await peer.upload?.idle(signal)
      },
      onStarted: () => this.#store.begin(vectors.ownCopy()),
      onDelta: (delta) => this.#published(delta),
      onRound: (event) => this.#rounded(event),
      onCheckpointDue: (request) => this.#checkpoints.make(request, this.#incarnation),
      onRefused: (id, reason, proof) => this.#network.refuse(id, reason, proof),
      onFetchFailed: (id, error) => this.#fetchFailed(id, error),
      onNotice
    })
  }

  #fetchFailed(id: string, error: Error): void {
    const fault = streamFault(error)
    if (fault !== undefined) this.#network.refuse(id, fault.reason)
    // A neighbour that dies while it is asked is the usual case, and its link says so.
    if (!this.#network.links.links.has(id)) return
    this.#logs.fetchFailed(id, error.message)
  }

  #published({ seq, round, header, payload }: OwnDelta): void {
    const now = systemClock.now()
    const isLast = this.#live?.phase === 'done'
    const isForAll =
      this.#topicTurns.take(now, this.#members()) || (isLast && Math.random() < LAST_HEADERS_FOR_ALL / this.#members())
    const bytes = header.byteLength + payload.byteLength
    this.#logs.published(seq, bytes, header, isForAll || isLast || this.#init.keepsAll === true)
    if (isForAll) void this.#network.topics.publish('deltas', header).catch(() => {})
    this.#init.recorder?.signed(header)
    this.#store.append(header, payload)
    if (round > 0 && round % SAVE_EVERY_ROUNDS === 0) this.#store.saveSoon()
    if (Math.random() < 1 / SWAP_EVERY_ROUNDS && now - this.#swapAt >= MIN_SWAP_INTERVAL_MS) {
      this.#swapAt = now
      void this.#network.links.swap()
    }
  }

  /** Trainers that this peer knows, itself included. */
  #members(): number {
    return this.#network.links.members.trainerCount + 1
  }

  #rounded(event: RoundEvent): void {
    const { run, peer, network } = this.#init
    const id = run.id.toString()
    const beaconBytes = peer.gossipTraffic.receivedOn(topicOf(network, id, 'members'))
    const line = { run: id, ...event, ...peer.traffic.totals, beaconBytes }
    this.#lastRound = event
    if (event.loss !== undefined) this.#trend.add(event.loss)
    this.#logs.round(line)
    this.#init.onRound?.(line)
  }
}
