import { compare } from 'uint8arrays/compare'
import { equals } from 'uint8arrays/equals'
import { payloadBytes } from '../../protocols/averaging/index.ts'
import type { Clock } from '../../protocols/clock.ts'
import { DeltaService, type DeltaSource } from '../../protocols/delta-gossip/index.ts'
import {
  type CheckpointNews,
  type RefusalReason,
  type Role,
  type SignedDeltaHeader,
  sealBeacon
} from '../../protocols/envelope/index.ts'
import { LinkService, type LinkServiceInit, ownAddresses, peerBytes, peerText } from '../../protocols/links/index.ts'
import { type SignedCopy, StateService } from '../../protocols/state-sync/index.ts'
import { encodeEquivocationProof, RunTopics } from '../../protocols/topics/index.ts'
import type { Peer } from '../peer.ts'
import { beaconIntervalMs, firstBeaconMs, MEETING_MS } from './beacon-interval.ts'
import { KnownMembers } from './known-members.ts'
import { KnownProofs } from './known-proofs.ts'
import type { RunFiles } from './run-files.ts'

/** Late, repeated and excess deltas come from honest peers too: a swapped link, a resent frame, a busy machine. */
const HONEST_REASONS: ReadonlySet<RefusalReason> = new Set(['replayed', 'rate', 'gap'])

/** Gossip forgets a message after two minutes; another peer's clock may be off by as much. */
const OLD_RECORDS_MS = 240_000

/** What its neighbours do about it, the operator cannot see from here. */
const KEY_IN_TWO_PLACES =
  "this peer's key signs in two places at once, and the neighbours drop whoever uses it: stop the other process, or, if " +
  'the key was copied, leave and make a new one with `starling identity renew`'

export interface RunNetworkInit {
  readonly peer: Peer
  readonly network: string
  readonly run: RunFiles
  readonly roles: readonly Role[]
  readonly engine: string
  readonly clock: Clock
  readonly source: DeltaSource
  readonly local: LinkServiceInit['local']
  /** The current copy of this peer or of a neighbour whose copy it holds, with the header that signs it. */
  readonly copyOf: (author: Uint8Array) => Promise<SignedCopy | undefined>
  /** Hears how much of a copy that is being fetched is here, in bytes. */
  readonly onProgress?: (peer: string, received: number, total: number) => void
  readonly newestCheckpoint: () => Uint8Array | undefined
  /** Sealed last headers of the members that closed and whose copies this peer gives. */
  readonly closed?: () => readonly Uint8Array[]
  readonly onLinkOpened: LinkServiceInit['onOpen']
  readonly onLinkClosed: (id: string, reason: string) => void
  readonly onDelta: LinkServiceInit['onDelta']
  readonly onHeader: (header: SignedDeltaHeader) => void
  readonly onCheckpoint: (checkpoint: CheckpointNews) => void
  /** A proof that an author signed two bodies for one place, by whomever it was found. */
  readonly onEquivocation?: (proof: Uint8Array) => void
  /** Something that the operator must hear. */
  readonly onNotice: (message: string) => void
}

/** All protocols of one run on one peer, and the count of what was refused on them. */
export class RunNetwork {
  readonly links: LinkService
  readonly deltas: DeltaService
  readonly state: StateService
  readonly topics: RunTopics
  /** How often input was refused, by reason. */
  readonly refusals = new Map<RefusalReason, number>()
  readonly #init: RunNetworkInit
  #cancelBeacon: () => void = () => {}
  #startedAt = Number.POSITIVE_INFINITY
  #isOtherUserKnown = false
  readonly #known: KnownMembers
  readonly #proofs = new KnownProofs()

  constructor(init: RunNetworkInit) {
    this.#init = init
    const { peer, network, run, clock } = init
    const { averaging } = run.manifest
    const { libp2p } = peer
    this.#known = new KnownMembers(peer.home, run.id.toString())
    const protocol = (name: string) => `/starling/${network}/${name}/1.0.0`
    const onRefused = (_peer: string, reason: RefusalReason) => this.#count(reason)
    const runBytes = run.id.bytes
    const { upload } = peer
    const pace = upload === undefined ? {} : { bulkTurn: upload.bulkTurn.bind(upload) }
    this.links = new LinkService({
      libp2p,
      protocol: protocol('link'),
      run: runBytes,
      codec: averaging.codec,
      k: averaging.k,
      clock,
      random: Math.random,
      local: init.local,
      onOpen: (link, head) => {
        init.onLinkOpened(link, head)
        void this.#known.save(this.links.members.known())
      },
      onClose: init.onLinkClosed,
      onDelta: init.onDelta,
      onRefused
    })
    this.deltas = new DeltaService({
      libp2p,
      protocol: protocol('delta'),
      run: runBytes,
      payloadBytes: payloadBytes(averaging.codec, run.manifest.parameterCount),
      source: init.source,
      onRefused,
      ...pace
    })
    this.state = new StateService({
      libp2p,
      protocol: protocol('state'),
      run: runBytes,
      parameterCount: run.manifest.parameterCount,
      copyOf: init.copyOf,
      ...(init.onProgress === undefined ? {} : { onProgress: init.onProgress }),
      newestCheckpoint: init.newestCheckpoint,
      ...(init.closed === undefined ? {} : { closed: init.closed }),
      onRefused,
      ...pace
    })
    this.topics = new RunTopics({
      pubsub: libp2p.services.pubsub,
      network,
      run: run.id.toString(),
      runBytes,
      onHeader: (signed) => {
        if (equals(signed.header.author, peer.idBytes)) this.#noteIncarnation(signed.header.incarnation)
        init.onHeader(signed)
      },
      onCheckpoint: init.onCheckpoint,
      onBeacon: ({ beacon }) => {
        if (beacon.head !== null && equals(beacon.peer, peer.idBytes)) {
          this.#noteIncarnation(beacon.head.incarnation, beacon.sentAt)
        }
        if (beacon.roles.includes('trainer')) {
          this.links.addMember(peerText(beacon.peer), { peer: beacon.peer, addresses: [...beacon.addresses] })
        }
      },
      onEquivocation: (author, proof) => {
        this.#keepProof(author, proof)
        if (equals(author, peer.idBytes)) this.#noteOtherUser()
        else this.links.noteFault(peerText(author), 'equivocation')
      },
      onRefused
    })
  }

  async start(): Promise<void> {
    const { peer: self, run, clock } = this.#init
    this.#startedAt = clock.wallNow()
    for (const author of await this.#proofs.load(self.home.dir, run.id.toString())) {
      if (!equals(author, self.idBytes)) this.links.noteFault(peerText(author), 'equivocation')
    }
    this.topics.start()
    await this.deltas.start()
    await this.state.start()
    await this.links.start()
    for (const { id, addresses } of await this.#known.load()) {
      const peer = peerBytes(id)
      this.links.addMember(id, { peer, addresses })
    }
    this.#cancelBeacon = this.#init.clock.after(MEETING_MS, () =>
      this.#beaconAfter(firstBeaconMs(this.#members, Math.random()))
    )
  }

  async stop(reason?: string): Promise<void> {
    this.#cancelBeacon()
    await this.links.stop(reason)
    await this.deltas.stop()
    await this.state.stop()
    this.topics.stop()
  }

  /** Counts what a neighbour sent wrong, drops it after the third time, and passes a proof of equivocation on. */
  refuse(peer: string, reason: RefusalReason, proof?: readonly Uint8Array[]): void {
    if (HONEST_REASONS.has(reason)) {
      this.#count(reason)
      return
    }
    this.links.noteFault(peer, reason)
    const [first, second] = proof ?? []
    if (first !== undefined && second !== undefined) {
      const found = encodeEquivocationProof(first, second)
      this.#keepProof(peerBytes(peer), found)
      void this.topics.publish('faults', found)
    }
  }

  #keepProof(author: Uint8Array, proof: Uint8Array): void {
    if (this.#proofs.add(author, proof)) this.#init.onEquivocation?.(proof)
  }

  /** Trainers that this peer knows, and itself. */
  get #members(): number {
    return this.links.members.trainerCount + 1
  }

  /** Own records of an earlier start still go round after a new one; those of a later start are another process's. */
  #noteIncarnation(incarnation: Uint8Array, sentAt = 0): void {
    const own = this.#init.local().head?.incarnation
    if (own === undefined || equals(own, incarnation)) return
    if (compare(incarnation, own) > 0 || sentAt > this.#startedAt + OLD_RECORDS_MS) this.#noteOtherUser()
  }

  #noteOtherUser(): void {
    if (!this.#isOtherUserKnown) this.#init.onNotice(KEY_IN_TWO_PLACES)
    this.#isOtherUserKnown = true
  }

  #count(reason: RefusalReason): void {
    this.refusals.set(reason, (this.refusals.get(reason) ?? 0) + 1)
  }

  #beaconAfter(ms: number): void {
    this.#cancelBeacon = this.#init.clock.after(ms, () => {
      // A beacon that reaches nobody is repeated when its turn comes again: nothing depends on any one.
      this.#sendBeacon().catch(() => {})
      this.#passProofOn().catch(() => {})
      void this.#known.save(this.links.members.known())
      this.#beaconAfter(beaconIntervalMs(this.#members))
    })
  }

  /** Gossip forgets a message after two minutes: until then this one is a repetition, and goes nowhere. */
  async #passProofOn(): Promise<void> {
    const proof = this.#proofs.next()
    if (proof !== undefined) await this.topics.publish('faults', proof)
  }

  async #sendBeacon(): Promise<void> {
    const { peer, run, roles, engine, local, clock } = this.#init
    const beacon = {
      run: run.id.bytes,
      peer: peer.idBytes,
      roles: [...roles],
      addresses: ownAddresses(peer.libp2p),
      head: local().head,
      engine,
      freeLinks: Math.max(0, 2 * run.manifest.averaging.k - this.links.links.size),
      sentAt: clock.wallNow()
    }
    await this.topics.publish('members', await sealBeacon(beacon, peer.key))
  }
}
