import type { Libp2p, Stream } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { LengthPrefixedStream } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import { base58btc } from 'multiformats/bases/base58'
import { equals } from 'uint8arrays/equals'
import type { Clock } from '../clock.ts'
import type { DeltaFrame } from '../delta-gossip/index.ts'
import { isAuthor, type RefusalReason } from '../envelope/index.ts'
import { framesOf, streamFault } from '../frames.ts'
import { type OpenedStream, serveRun } from '../run-streams.ts'
import { Link } from './link.ts'
import { Members } from './members.ts'
import {
  encodeHello,
  encodeReply,
  type Head,
  type Hello,
  type LinkRefusal,
  MAX_FRAME_BYTES,
  MAX_HANDSHAKE_BYTES,
  type Member,
  parseHello,
  parseReply,
  type Reply
} from './messages.ts'

/** In a small network everybody links to everybody (ALGORITHMS 1: all peers when N <= 8). */
const ALL_LINKED_MEMBERS = 7

const SEEK_INTERVAL_MS = 500
const HANDSHAKE_TIMEOUT_MS = 5000

/**
 * A connection that is given up half way costs 1.6 kB of TLS, and is dialled anew a second later: of 32 peers that had
 * less than a tenth of a core each, every one began 143 to keep 18.
 */
const DIAL_TIMEOUT_MS = 15_000

/** Handshakes under way at once: a start among many members must not open hundreds of streams. */
const MAX_PENDING_HANDSHAKES = 4

/** The handshake and the frames after it travel on one stream. */
const MAX_STREAM_FRAME_BYTES = Math.max(MAX_HANDSHAKE_BYTES, MAX_FRAME_BYTES)

/** libp2p's own default for one protocol: a link, the one that replaces it, and room for handshakes that are refused. */
const MAX_STREAMS = 32

/** Invalid records from one neighbour before its link is dropped: one may be a fault of transport, three are not. */
const MAX_FAULTS = 3

/** Peers whose faults are remembered: a stranger can make up identities faster than we can count. */
const MAX_REMEMBERED_FAULTS = 1024

/** What a peer says of itself in a handshake. */
export interface LocalState {
  readonly head: Head
  /** False for peers without data, which refuse every link. */
  readonly isTrainer: boolean
  readonly hasEnded: boolean
}

export interface LinkServiceInit {
  readonly libp2p: Libp2p
  /** `/starling/<net>/link/1.0.0` */
  readonly protocol: string
  /** Run id, CID bytes. */
  readonly run: Uint8Array
  readonly codec: string
  /** Links to aim for; up to twice as many are accepted. */
  readonly k: number
  readonly clock: Clock
  /** Numbers in [0, 1): which members are asked, and which link is swapped. */
  readonly random: () => number
  readonly local: () => LocalState
  readonly onOpen: (link: Link, remoteHead: Head) => void
  readonly onClose: (id: string, reason: string) => void
  readonly onDelta: (id: string, frame: DeltaFrame) => void
  readonly onRefused: (id: string, reason: RefusalReason) => void
}

/**
 * Chooses neighbours, agrees on links with them and keeps `k` of them.
 *
 * Who speaks first: the caller sends a Hello; the callee answers with a Reply that agrees or refuses, and names members
 * either way, so that one reachable peer is enough to find all others. Then both sides send frames until one says bye.
 * If two peers call each other at once, the call of the smaller peer id stands. A link is symmetric: both mix over it
 * or neither does. Frames may be left out for a slow neighbour; nothing here repeats them.
 */
export class LinkService {
  readonly #init: LinkServiceInit
  readonly #links = new Map<string, Link>()
  readonly #faults = new Map<string, number>()
  readonly #pending = new Set<string>()
  readonly #self: string
  readonly members: Members
  #cancelSeek: () => void = () => {}
  #withdraw: (() => Promise<void>) | undefined
  #isStopped = false
  #isResting = false
  /** True once there were k links. */
  #isComplete = false
  /** True while a new link may stand beside the old one that goes for it. */
  #isSwapping = false

  constructor(init: LinkServiceInit) {
    this.#init = init
    this.#self = init.libp2p.peerId.toString()
    this.members = new Members(this.#self)
  }

  get links(): ReadonlyMap<string, Link> {
    return this.#links
  }

  /** True between `rest` and `wake`. */
  get isResting(): boolean {
    return this.#isResting
  }

  async start(): Promise<void> {
    const { libp2p, protocol, run } = this.#init
    this.#withdraw = await serveRun({
      libp2p,
      protocol,
      run,
      runOf: (hello) => parseHello(hello).run,
      maxFrameBytes: MAX_STREAM_FRAME_BYTES,
      maxStreams: MAX_STREAMS,
      firstMessageMs: HANDSHAKE_TIMEOUT_MS,
      serve: (opened) => this.#answer(opened),
      onFault: (id, { reason }) => this.noteFault(id, reason)
    })
    this.#seek()
  }

  async stop(reason = 'leaving'): Promise<void> {
    this.#isStopped = true
    this.#cancelSeek()
    await this.#withdraw?.()
    await Promise.all([...this.#links.values()].map((link) => link.close(reason)))
  }

  /** Adds a peer of the run that was heard of elsewhere: in an invite or a beacon. */
  addMember(id: string, member: Member): void {
    // libp2p knows other keys too. Whoever has one cannot sign records, and a reply that names it could not be sent.
    if (isAuthor(member.peer)) this.members.add(id, member)
  }

  /** Parts from all neighbours, and neither looks for others nor takes any until `wake`. */
  async rest(): Promise<void> {
    this.#isResting = true
    await Promise.all([...this.#links.values()].map((link) => link.close('paused')))
  }

  /** Ends the rest. */
  wake(): void {
    this.#isResting = false
    this.seekAnew()
  }

  /** Looks for neighbours at once, as at the start: what failed before was this peer's own absence. */
  seekAnew(): void {
    this.members.forgive()
    this.#cancelSeek()
    this.#seek()
  }

  /**
   * Renews one link, so that news mixes through the whole network: exchanges a neighbour for a member without a link,
   * or only asks one where a link is missing, or only parts from one where there are too many. The new link stands
   * before the old one goes.
   */
  async swap(): Promise<void> {
    const old = [...this.#links.values()]
    const excess = old.length - this.#target
    const [candidate] = this.#candidates()
    if (excess <= 0) {
      if (candidate === undefined) return
      this.#isSwapping = excess === 0
      await this.#ask(candidate.id, candidate.member)
      this.#isSwapping = false
      if (excess < 0 || !this.#links.has(candidate.id)) return
    }
    await old[Math.floor(this.#init.random() * old.length)]?.close('swapped')
  }

  /** Counts a record that the neighbour must have known to be wrong; the third one ends the link. */
  noteFault(id: string, reason: RefusalReason): void {
    this.#init.onRefused(id, reason)
    const faults = (this.#faults.get(id) ?? 0) + 1
    this.#faults.delete(id)
    this.#faults.set(id, faults)
    if (this.#faults.size > MAX_REMEMBERED_FAULTS) this.#faults.delete(this.#faults.keys().next().value!)
    if (faults >= MAX_FAULTS) void this.#links.get(id)?.close('misbehaved')
  }

  get #target(): number {
    const others = this.members.trainerCount
    return others <= ALL_LINKED_MEMBERS ? others : this.#init.k
  }

  /**
   * Links, as neighbours hear of them. The old link of a swap counts no more: else the new one, the newest on the other
   * side and with one to spare on this, is released there as surplus.
   */
  get #degree(): number {
    return this.#isSwapping ? Math.min(this.#links.size, this.#target) : this.#links.size
  }

  /**
   * Links to look for now. One link less than the target is made good at the next swap: else every swap, which takes a
   * neighbour from somebody, would set off another.
   */
  get #wanted(): number {
    this.#isComplete ||= this.#links.size >= this.#init.k
    const isSlack = this.#isComplete && this.#target < this.members.trainerCount
    // Who knows no trainer yet goes on asking those that may hear of one.
    return Math.max(1, isSlack ? this.#target - 1 : this.#target)
  }

  #candidates() {
    const isTaken = (id: string) => this.#links.has(id) || this.#pending.has(id) || this.#isMisbehaving(id)
    return this.members.candidates(this.#init.clock.now(), isTaken, this.#init.random)
  }

  #isMisbehaving(id: string): boolean {
    return (this.#faults.get(id) ?? 0) >= MAX_FAULTS
  }

  #seek(): void {
    if (this.#isStopped) return
    const { hasEnded } = this.#init.local()
    const missing = hasEnded || this.#isResting ? 0 : this.#wanted - this.#links.size - this.#pending.size
    const free = MAX_PENDING_HANDSHAKES - this.#pending.size
    for (const { id, member } of this.#candidates().slice(0, Math.max(0, Math.min(missing, free)))) {
      void this.#ask(id, member)
    }
    this.#releaseSurplus()
    this.#cancelSeek = this.#init.clock.after(SEEK_INTERVAL_MS, () => this.#seek())
  }

  /** Above k the newest link goes, if the other side has links to spare too: else it would only look for another. */
  #releaseSurplus(): void {
    if (this.#links.size <= this.#target) return
    const spare = [...this.#links.values()].filter(({ remoteDegree }) => remoteDegree > this.#target)
    const newest = spare.reduce<Link | undefined>(
      (a, b) => (a === undefined || b.openedAt > a.openedAt ? b : a),
      undefined
    )
    void newest?.close('surplus')
  }

  async #ask(id: string, member: Member): Promise<void> {
    const { libp2p, protocol, clock } = this.#init
    this.#pending.add(id)
    let stream: Stream | undefined
    try {
      const peer = peerIdFromString(id)
      await libp2p.peerStore.merge(peer, { multiaddrs: member.addresses.map((address) => multiaddr(address)) })
      stream = await libp2p.dialProtocol(peer, protocol, { signal: AbortSignal.timeout(DIAL_TIMEOUT_MS) })
      const signal = AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS)
      const frames = framesOf(stream, MAX_STREAM_FRAME_BYTES)
      await frames.write(encodeHello(this.#hello()), { signal })
      const reply = parseReply((await frames.read({ signal })).subarray())
      this.#learn(reply.members)
      if (reply.refused !== undefined) return await this.#refusedBy(id, reply.refused, stream)
      this.members.succeeded(id)
      this.#open(id, member.peer, false, stream, frames, reply.head)
    } catch (error) {
      stream?.abort(error as Error)
      this.members.failed(id, clock.now())
      const fault = streamFault(error)
      if (fault !== undefined) this.noteFault(id, fault.reason)
    } finally {
      this.#pending.delete(id)
    }
  }

  async #refusedBy(id: string, reason: LinkRefusal, stream: Stream): Promise<void> {
    if (reason === 'not-a-trainer') this.members.notTrainer(id)
    if (reason !== 'busy') this.members.failed(id, this.#init.clock.now())
    await stream.close({ signal: AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS) })
  }

  #hello(): Hello {
    const { run, codec, local } = this.#init
    const { head, isTrainer } = local()
    return {
      v: 1,
      run,
      wantsLink: isTrainer,
      head,
      degree: this.#links.size,
      codecs: [codec],
      addresses: ownAddresses(this.#init.libp2p)
    }
  }

  async #answer({ stream, connection, frames, first }: OpenedStream): Promise<void> {
    const id = connection.remotePeer.toString()
    try {
      const signal = AbortSignal.timeout(HANDSHAKE_TIMEOUT_MS)
      const hello = parseHello(first)
      const idBytes = connection.remotePeer.toMultihash().bytes
      const refused = this.#refusalOf(id, idBytes, hello)
      const { head } = this.#init.local()
      const members = this.members.sample(this.#init.random, id)
      const reply: Reply = { v: 1, head, degree: this.#links.size, members }
      await frames.write(encodeReply(refused === undefined ? reply : { ...reply, refused }), { signal })
      if (hello.wantsLink && equals(hello.run, this.#init.run)) {
        this.addMember(id, { peer: idBytes, addresses: hello.addresses })
      }
      if (refused === undefined) return this.#open(id, idBytes, true, stream, frames, hello.head)
      await stream.close({ signal })
    } catch (error) {
      stream.abort(error as Error)
      const fault = streamFault(error)
      if (fault !== undefined) this.noteFault(id, fault.reason)
    }
  }

  #refusalOf(id: string, idBytes: Uint8Array, hello: Hello): LinkRefusal | undefined {
    const { run, codec, k, local } = this.#init
    const { isTrainer, hasEnded } = local()
    if (!equals(hello.run, run)) return 'wrong-run'
    if (!isTrainer || !hello.wantsLink || !isAuthor(idBytes)) return 'not-a-trainer'
    if (hasEnded) return 'ended'
    if (!hello.codecs.includes(codec)) return 'no-codec'
    if (this.#isMisbehaving(id)) return 'misbehaved'
    if (this.#isResting) return 'full'
    if (this.#pending.has(id) && this.#self < id) return 'busy'
    return this.#links.size >= 2 * Math.max(k, ALL_LINKED_MEMBERS) ? 'full' : undefined
  }

  #open(
    id: string,
    idBytes: Uint8Array,
    isInbound: boolean,
    stream: Stream,
    frames: LengthPrefixedStream,
    remoteHead: Head
  ): void {
    if (this.#isStopped || this.#isResting) {
      stream.abort(new Error('leaving'))
      return
    }
    const link = new Link({
      id,
      idBytes,
      isInbound,
      stream,
      frames,
      clock: this.#init.clock,
      degree: () => this.#degree,
      onDelta: (frame) => this.#init.onDelta(id, frame),
      onFault: (error) => this.noteFault(id, error.reason),
      onClosed: (reason) => this.#closed(link, reason)
    })
    // A neighbour that calls again has lost the old link, whatever our side of it says.
    const old = this.#links.get(id)
    this.#links.set(id, link)
    void old?.close('replaced')
    this.#init.onOpen(link, remoteHead)
    link.start()
  }

  #closed(link: Link, reason: string): void {
    if (this.#links.get(link.id) !== link) return
    this.#links.delete(link.id)
    this.members.failed(link.id, this.#init.clock.now())
    this.#init.onClose(link.id, reason)
  }

  #learn(members: readonly Member[]): void {
    for (const member of members) this.members.addHearsay(peerText(member.peer), member)
  }
}

/** The text form of a peer id in multihash bytes. */
export function peerText(bytes: Uint8Array): string {
  return base58btc.baseEncode(bytes)
}

/** Where this peer can be dialled, as records carry it. */
export function ownAddresses(libp2p: Libp2p): string[] {
  return libp2p.getMultiaddrs().map(String).slice(0, 16)
}

/** The multihash bytes of a peer id in text form. */
export function peerBytes(text: string): Uint8Array {
  return base58btc.baseDecode(text)
}
