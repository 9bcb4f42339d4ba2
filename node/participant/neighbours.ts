import {
  GRACE_WINDOW_ROUNDS,
  MAX_STALENESS_ROUNDS,
  MISSED_WAITS,
  metropolisWeight
} from '../../protocols/averaging/index.ts'
import type { Clock } from '../../protocols/clock.ts'
import {
  ChainFollower,
  type ChainRules,
  type ChainSource,
  type CopyKeeper,
  type DeltaFrame,
  type Version
} from '../../protocols/delta-gossip/index.ts'
import type { Phase, RefusalReason } from '../../protocols/envelope/index.ts'
import type { VersionTerm } from '../vectors/index.ts'
import { isDone, type Matching, type MixTime, SAME_ROUND } from './matching.ts'
import type { WaitRule } from './wait-rule.ts'

/** Versions of parted neighbours that are remembered; of fewer the copies are still there. */
const MAX_PARTED = 8

/** A peer with which a link stands, as the participant needs it. */
export interface LinkedPeer {
  /** Peer id, text form. */
  readonly id: string
  /** Peer id, multihash bytes. */
  readonly idBytes: Uint8Array
  /** Smoothed round trip in milliseconds. */
  readonly rttMs: number
  /** True when the peer had published deltas before the link was opened. */
  readonly hasStarted: boolean
  readonly source: ChainSource
  /** Resolves when the frame is written, or left out; never rejects. */
  send(frame: DeltaFrame): void | Promise<void>
}

/** One neighbour's part in a mix, as `events.jsonl` reports it. */
export interface MixedVersion {
  readonly author: string
  readonly seq: number
  readonly staleness: number
  readonly weight: number
}

interface Neighbour {
  readonly peer: LinkedPeer
  readonly follower: ChainFollower
  isUnused: boolean
  missedWaits: number
  readonly trainMs: number[]
  readonly delayMs: number[]
}

/** What an owner who looks in wants to know of a neighbour. */
export interface NeighbourNews {
  /** When its newest version was published, on the own monotonic clock; undefined before its first. */
  readonly heardAt: number | undefined
  /** True while this peer waits for its next delta. */
  readonly isAwaited: boolean
}

export interface NeighboursInit {
  readonly rules: ChainRules
  readonly keeper: CopyKeeper
  readonly clock: Clock
  readonly waitRule: WaitRule
  readonly onRefused: (peer: string, reason: RefusalReason, proof?: readonly Uint8Array[]) => void
  /** Something that a neighbour announced could not be fetched from it. */
  readonly onFetchFailed: (peer: string, error: Error) => void
}

/** The neighbours of one peer in one run: what each delivered, whom to wait for, and what to mix. */
export class Neighbours {
  readonly #init: NeighboursInit
  readonly #neighbours = new Map<string, Neighbour>()
  /** Who was done when its link ended. */
  readonly #partedDone = new Set<string>()
  /** The last versions of those whose link ended last. */
  readonly #parted = new Map<string, Version>()
  readonly #ownTrainMs: number[] = []
  /** The round in which this peer waits for news. */
  #waitingIn: number | undefined
  #round = 0
  #isTraining = true
  #onChange: () => void = () => {}

  constructor(init: NeighboursInit) {
    this.#init = init
  }

  get degree(): number {
    return this.#neighbours.size
  }

  /** Neighbours whose public copy is held. */
  get versions(): readonly Version[] {
    return [...this.#neighbours.values()].flatMap(({ follower }) => follower.version ?? [])
  }

  /** Deltas `from` to `to` of a neighbour's start that are held here for others. */
  deltas(incarnation: Uint8Array, from: number, to: number): readonly Required<DeltaFrame>[] {
    for (const { follower } of this.#neighbours.values()) {
      const found = follower.deltas.range(incarnation, from, to)
      if (found.length > 0) return found
    }
    return []
  }

  /** A neighbour's payload that is held here for others. */
  payload(root: Uint8Array): Uint8Array | undefined {
    for (const { follower } of this.#neighbours.values()) {
      const found = follower.deltas.payload(root)
      if (found !== undefined) return found
    }
    return undefined
  }

  versionOf(id: string): Version | undefined {
    return this.#neighbours.get(id)?.follower.version
  }

  newsOf(id: string): NeighbourNews {
    const awaited = this.#waitingIn === undefined ? [] : this.#awaited(this.#waitingIn)
    return {
      heardAt: this.#neighbours.get(id)?.follower.version?.heardAt,
      isAwaited: awaited.some(({ peer }) => peer.id === id)
    }
  }

  /** Neighbours that had begun to publish before the link was opened. */
  get startedCount(): number {
    return [...this.#neighbours.values()].filter(({ peer }) => peer.hasStarted).length
  }

  open(peer: LinkedPeer): void {
    const { rules, keeper, clock, onRefused, onFetchFailed } = this.#init
    const follower = new ChainFollower({
      author: peer.id,
      authorBytes: peer.idBytes,
      rules,
      keeper,
      source: peer.source,
      clock,
      onVersion: (version) => this.#delivered(peer.id, follower, version),
      onRefused: (reason, proof) => onRefused(peer.id, reason, proof),
      onFetchFailed: (error) => {
        onFetchFailed(peer.id, error)
        return undefined
      }
    })
    this.#neighbours.get(peer.id)?.follower.close()
    this.#partedDone.delete(peer.id)
    this.#neighbours.set(peer.id, {
      peer,
      follower,
      isUnused: false,
      missedWaits: 0,
      trainMs: [],
      delayMs: []
    })
    const parted = this.#parted.get(peer.id)
    this.#parted.delete(peer.id)
    if (peer.hasStarted) void follower.resync(clock.now())
    else if (parted !== undefined) follower.recall(parted)
    this.#onChange()
  }

  close(id: string): void {
    const follower = this.#neighbours.get(id)?.follower
    if (isDone(follower?.version)) this.#partedDone.add(id)
    if (follower?.version !== undefined) this.#parted.set(id, follower.version)
    if (this.#parted.size > MAX_PARTED) this.#parted.delete(this.#parted.keys().next().value!)
    follower?.close()
    if (this.#neighbours.delete(id)) this.#onChange()
  }

  receive(id: string, frame: DeltaFrame): void {
    const neighbour = this.#neighbours.get(id)
    neighbour?.follower.receive(frame, this.#init.clock.now() - neighbour.peer.rttMs / 2)
  }

  /** Sends to all at once; resolves when the last has it, or it was left out. */
  async announce(frame: DeltaFrame): Promise<void> {
    await Promise.all([...this.#neighbours.values()].map(({ peer }) => peer.send(frame)))
  }

  noteOwnTraining(trainMs: number): void {
    remember(this.#ownTrainMs, trainMs)
  }

  /**
   * True when more than half of the neighbours say that they are done, those included that have left since: fewer may be
   * liars, whom a robust run has to bear.
   */
  get areMostlyDone(): boolean {
    const parted = this.#partedDone.size
    const done = this.versions.filter(isDone).length + parted
    return done > (this.degree + parted) / 2
  }

  /** True when every link has said that it trains no more. */
  allIn(phases: readonly Phase[]): boolean {
    return [...this.#neighbours.values()].every(({ follower }) => {
      const version = follower.version
      return version !== undefined && phases.includes(version.header.phase)
    })
  }

  /**
   * Waits until every live link has delivered a version that was not mixed yet, at most the grace of ALGORITHMS 1.
   * Links that missed two waits in a row, are done, or have published this round already are not waited for: who is
   * behind its neighbours catches up with them. A link that missed its waits is waited for again once it is hardly behind:
   * a peer that its owner holds to a slower pace would else cost its neighbours two waits for each of its deltas. Returns
   * at once in no company.
   */
  async waitForNews({ round, isTraining }: Pick<MixTime, 'round' | 'isTraining'>, signal: AbortSignal): Promise<void> {
    const { waitRule } = this.#init
    this.#round = round
    this.#isTraining = isTraining
    const awaited = this.#awaited(round).length
    if (awaited === 0) return
    const neighbours = [...this.#neighbours.values()]
    const grace = waitRule.graceMs(
      [...this.#ownTrainMs, ...neighbours.flatMap(({ trainMs }) => trainMs)],
      neighbours.flatMap(({ delayMs }) => delayMs)
    )
    this.#waitingIn = round
    await this.until(() => waitRule.isEnough(this.#awaited(round).length, awaited), grace, signal)
    this.#waitingIn = undefined
    for (const neighbour of this.#awaited(round)) neighbour.missedWaits += 1
  }

  /** Waits until `condition` holds after a change among the neighbours, at most `ms` milliseconds or the signal. */
  until(condition: () => boolean, ms: number, signal: AbortSignal): Promise<boolean> {
    if (condition()) return Promise.resolve(true)
    if (signal.aborted) return Promise.resolve(false)
    return new Promise((resolve) => {
      const finish = () => {
        cancel()
        signal.removeEventListener('abort', finish)
        this.#onChange = () => {}
        resolve(condition())
      }
      const cancel = this.#init.clock.after(ms, finish)
      signal.addEventListener('abort', finish)
      this.#onChange = () => {
        if (condition()) finish()
      }
    })
  }

  /**
   * Takes every version that was not mixed yet and is at most eight own rounds old, as the rule matches it, with its weight:
   * Metropolis times staleness. When this peer trains no more, the last versions of those who are done are taken every
   * time: they will not change, and who is late has nobody else to meet.
   */
  takeMix(time: MixTime): { terms: VersionTerm[]; mixed: MixedVersion[] } {
    const terms: VersionTerm[] = []
    const mixed: MixedVersion[] = []
    const now = this.#init.clock.now()
    for (const neighbour of this.#neighbours.values()) {
      const version = neighbour.follower.version
      if (version === undefined) continue
      const isFinal = !time.isTraining && isDone(version)
      if (!neighbour.isUnused && !isFinal) continue
      const match = this.#matching.match(isFinal ? { ...version, heardAt: now } : version, now, time)
      neighbour.isUnused = match.newerDeltas > 0
      if (match.staleness > MAX_STALENESS_ROUNDS) continue
      const weight = metropolisWeight(this.degree, version.header.degree) * match.factor
      const seq = version.header.seq - match.newerDeltas
      terms.push({ author: version.author, seq, weight, ownDeltasSince: match.ownDeltasSince })
      mixed.push({ author: version.author, seq, staleness: match.staleness, weight })
    }
    return { terms, mixed }
  }

  stop(): void {
    for (const { follower } of this.#neighbours.values()) follower.close()
    this.#neighbours.clear()
    this.#onChange()
  }

  /** Who trains no more has nothing to do meanwhile: then versions of the same round meet, whatever the rule. */
  get #matching(): Matching {
    return this.#isTraining ? this.#init.waitRule.matching : SAME_ROUND
  }

  #awaited(round: number): Neighbour[] {
    return [...this.#neighbours.values()].filter(
      ({ isUnused, missedWaits, follower }) =>
        !isUnused && missedWaits < MISSED_WAITS && this.#matching.isBehind(follower.version, round)
    )
  }

  #delivered(id: string, follower: ChainFollower, version: Version): void {
    const neighbour = this.#neighbours.get(id)
    if (neighbour === undefined || neighbour.follower !== follower) return
    neighbour.isUnused = true
    if (version.header.round >= this.#round - MISSED_WAITS) neighbour.missedWaits = 0
    if (version.header.phase === 'training') remember(neighbour.trainMs, version.header.trainMs)
    remember(neighbour.delayMs, version.absorbedAt - version.heardAt)
    this.#onChange()
  }
}

function remember(window: number[], value: number): void {
  window.push(value)
  if (window.length > GRACE_WINDOW_ROUNDS) window.shift()
}
