import type { PrivateKey } from '@libp2p/interface'
import { driftWeight, HISTORY_DELTAS, median } from '../../protocols/averaging/index.ts'
import type { Clock } from '../../protocols/clock.ts'
import type { DeltaFrame, Version } from '../../protocols/delta-gossip/index.ts'
import type { Phase, RefusalReason, RunManifest } from '../../protocols/envelope/index.ts'
import { traced } from '../activity.ts'
import type { Vectors } from '../vectors/index.ts'
import { CheckpointOffers, type CheckpointRequest } from './checkpoint-offers.ts'
import { CheckpointTurns } from './checkpoint-turns.ts'
import { LocalTraining, type Published } from './local-training.ts'
import { type LinkedPeer, type MixedVersion, type NeighbourNews, Neighbours } from './neighbours.ts'
import { OwnChain } from './own-chain.ts'
import { PauseGate } from './pause-gate.ts'
import { chooseStart, meetAgain, RESUME_ROUNDS, roundOf, type SavedCopy, type StartSources } from './starting-point.ts'
import { WAIT_FOR_ALL, type WaitRule } from './wait-rule.ts'

const CLOSING_ROUNDS = 5
const CLOSING_MEDIAN_ROUNDS = 3

/** Window of own round times for staleness and for the closing phase; as long as that of the grace. */
const ROUND_TIMES = 9

/** One line of `events.jsonl`, less what only the sockets know. Times in milliseconds. */
export interface RoundEvent {
  /** When the delta was announced, milliseconds since 1970. */
  readonly t: number
  readonly seq: number
  readonly round: number
  readonly phase: Phase
  readonly steps: number
  readonly trainMs: number
  readonly waitMs: number
  readonly loss?: number
  readonly links: number
  readonly mixed: readonly MixedVersion[]
  readonly payloadBytes: number
}

export interface OwnDelta extends Required<DeltaFrame> {
  readonly seq: number
  readonly round: number
}

export interface ParticipantInit {
  /** Run id, CID bytes. */
  readonly run: Uint8Array
  readonly manifest: RunManifest
  readonly key: PrivateKey
  /** Never used before: (author, incarnation, seq) is unique for ever. */
  readonly incarnation: Uint8Array
  readonly vectors: Vectors
  readonly clock: Clock
  readonly engine: string
  /** Training rows, published where the manifest shares them. */
  readonly samples: number
  /** Wait for so many links before the first round, at most so long. */
  readonly company: { readonly links: number; readonly ms: number }
  /** The own newest public copy of an earlier incarnation. */
  readonly saved?: SavedCopy
  /** The newest checkpoint that anybody gives: where a peer begins when no neighbour has. Never rejects. */
  readonly newestCheckpoint?: NonNullable<StartSources['checkpoint']>
  /** Trainers in the run, this one included, as far as it knows. Default: one. */
  readonly members?: () => number
  /** Default: the rule of ALGORITHMS 1. */
  readonly waitRule?: WaitRule
  /** Resolves when the next round may begin; never rejects. Where uploads are limited, when the last one is sent. */
  readonly roomForRound?: (signal: AbortSignal) => Promise<void>
  /** The own copy is what the chain starts from; must ask `vectors` for it before it waits for anything else. */
  readonly onStarted?: () => void
  readonly onDelta: (delta: OwnDelta) => void | Promise<void>
  readonly onRound: (event: RoundEvent) => void
  /** Must ask `vectors` for the average before it waits for anything else: the next round changes the copies. Never rejects. */
  readonly onCheckpointDue: (request: CheckpointRequest) => Promise<void>
  readonly onRefused: (peer: string, reason: RefusalReason, proof?: readonly Uint8Array[]) => void
  readonly onFetchFailed: (peer: string, error: Error) => void
  readonly onNotice: (message: string) => void
}

/** How a run ended for this peer. */
export interface ParticipantReport {
  readonly end: 'done' | 'interrupted'
  readonly rounds: number
}

/**
 * One peer in one run: drives the round of ALGORITHMS 1 from the first link to the end of the run.
 *
 * The loop waits for its own neighbours only, and for each of them briefly; what neighbours send arrives through
 * `receive` at any time and is absorbed in the background. Clock, randomness (inside `vectors`) and links are injected.
 */
export class Participant {
  readonly #init: ParticipantInit
  readonly #neighbours: Neighbours
  readonly #offers: CheckpointOffers
  readonly #training: LocalTraining
  readonly #gate = new PauseGate()
  #chain: OwnChain | undefined
  #phase: Phase = 'training'
  #round = 0
  #closingRounds = 0
  #hasHadLinks = false
  #hasStoodStill = false
  #publishedAt: number[] = []
  #roundMs: number[] = []

  constructor(init: ParticipantInit) {
    const { run, manifest, vectors, clock, waitRule = WAIT_FOR_ALL } = init
    this.#init = init
    const { learningRate } = manifest.training
    this.#training = new LocalTraining({ vectors, learningRate, onNotice: init.onNotice })
    this.#offers = new CheckpointOffers({
      turns: new CheckpointTurns(manifest.checkpoint.everyRounds, init.incarnation),
      clock,
      members: () => init.members?.() ?? 1,
      onDue: init.onCheckpointDue
    })
    this.#neighbours = new Neighbours({
      rules: {
        run,
        codec: manifest.averaging.codec,
        parameterCount: manifest.parameterCount,
        initialHash: manifest.initialHash,
        minRoundMs: manifest.training.minRoundMs
      },
      keeper: vectors,
      clock,
      waitRule,
      onRefused: init.onRefused,
      onFetchFailed: init.onFetchFailed
    })
  }

  /** The own chain, once the first round has begun. */
  get chain(): OwnChain | undefined {
    return this.#chain
  }

  get phase(): Phase {
    return this.#phase
  }

  get round(): number {
    return this.#round
  }

  get isPaused(): boolean {
    return this.#gate.isPaused
  }

  get degree(): number {
    return this.#neighbours.degree
  }

  /** Deltas `from` to `to` of a start that are still here, of the own chain or of a neighbour's; oldest first. */
  deltas(incarnation: Uint8Array, from: number, to: number): readonly Required<DeltaFrame>[] {
    const own = this.#chain?.deltas(incarnation, from, to) ?? []
    return own.length > 0 ? own : this.#neighbours.deltas(incarnation, from, to)
  }

  /** A payload that is still here, of the own chain or of a neighbour's. */
  payload(root: Uint8Array): Uint8Array | undefined {
    return this.#chain?.payload(root) ?? this.#neighbours.payload(root)
  }

  /** The version of a neighbour's copy that is held. */
  versionOf(neighbour: string): Version | undefined {
    return this.#neighbours.versionOf(neighbour)
  }

  newsOf(neighbour: string): NeighbourNews {
    return this.#neighbours.newsOf(neighbour)
  }

  /** True when no neighbour needs this peer for its own rounds any more. */
  get isAmongDone(): boolean {
    return this.#phase === 'done' && this.#neighbours.allIn(['done'])
  }

  /** Trains no more after the round under way; links stay, and neighbours stop waiting for this peer after two rounds. */
  pause(): void {
    this.#gate.pause()
  }

  /** This peer was stopped or cut off: before its next round it looks how far the others are, as after a pause. */
  stoodStill(): void {
    this.#hasStoodStill = true
  }

  resume(): void {
    this.#gate.resume()
  }

  linkOpened(peer: LinkedPeer): void {
    this.#hasHadLinks = true
    this.#neighbours.open(peer)
  }

  linkClosed(id: string): void {
    this.#neighbours.close(id)
    void this.#init.vectors.forget(id)
  }

  receive(id: string, frame: DeltaFrame): void {
    this.#neighbours.receive(id, frame)
  }

  /** Somebody published a checkpoint: this peer may skip its turn. */
  checkpointSeen(phase: Phase): void {
    this.#offers.seen(this.#round, phase)
  }

  /** Trains until the run ends for this peer or the signal fires; then the peer serves what it has. */
  async run({ signal }: { signal: AbortSignal }): Promise<ParticipantReport> {
    await this.#gate.passed(signal)
    await this.#begin(signal)
    while (this.#phase === 'training' && !signal.aborted) {
      if ((await this.#gate.passed(signal)) || this.#hasStoodStill) await this.#catchUp(signal)
      if (signal.aborted) break
      await this.#playRound(signal)
      this.#round += 1
      if (this.#isTrainingOver()) this.#phase = 'closing'
      await this.#offerCheckpoint()
    }
    await this.#close(signal)
    return { end: signal.aborted ? 'interrupted' : 'done', rounds: this.#round }
  }

  /**
   * After the last round, or once most neighbours are done. Whoever trains on among models that no longer move only fits its
   * own rows: of 16 peers with a quarter four times as slow, that quarter fell from 96.7 to 90.5 % in the 90 rounds that it
   * played alone. If the others went on mixing for its sake, all would follow its rows (95.8 %) and wait three times as
   * long. Who has only a few rounds left, as after a moment's delay, plays them: closing brings it back.
   */
  #isTrainingOver(): boolean {
    const { manifest, onNotice } = this.#init
    if (this.#round >= manifest.training.rounds) return true
    const isNearEnd = this.#round + RESUME_ROUNDS >= manifest.training.rounds
    if (isNearEnd || !this.#neighbours.areMostlyDone) return false
    onNotice(`ends with round ${this.#round} of ${manifest.training.rounds}: most neighbours are done`)
    return true
  }

  /** Stops following neighbours. The vectors stay with whoever made them. */
  stop(): void {
    this.#neighbours.stop()
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { company, manifest, run, key, incarnation, vectors, saved, newestCheckpoint, onNotice } = this.#init
    await this.#neighbours.until(() => this.#neighbours.degree >= company.links, company.ms, signal)
    const { start, round, notice } = await chooseStart(
      this.#neighbours,
      {
        members: () => this.#init.members?.() ?? 1,
        ...(saved === undefined ? {} : { saved }),
        ...(newestCheckpoint === undefined ? {} : { checkpoint: newestCheckpoint })
      },
      signal
    )
    this.#round = round
    // A copy of a closing round: all training is done.
    if (round >= manifest.training.rounds) this.#phase = 'closing'
    if (notice !== undefined) onNotice(notice)
    this.#chain = new OwnChain({
      run,
      key,
      incarnation,
      codec: manifest.averaging.codec,
      parameterCount: manifest.parameterCount,
      base: await vectors.start(start)
    })
    this.#init.onStarted?.()
  }

  /** After a long pause the own model would only hold the neighbours back: it is left for their mean. */
  async #catchUp(signal: AbortSignal): Promise<void> {
    this.#hasStoodStill = false
    if (this.#hasHadLinks) await meetAgain(this.#neighbours, signal)
    if (signal.aborted) return
    const theirs = roundOf(this.#neighbours)
    if (theirs <= this.#round + RESUME_ROUNDS) return
    await this.#init.vectors.rollBack('neighbours')
    this.#init.onNotice(`went on in round ${theirs} after a pause in round ${this.#round}, from the neighbours' mean`)
    this.#round = Math.min(theirs, this.#init.manifest.training.rounds - 1)
  }

  async #playRound(signal: AbortSignal): Promise<void> {
    const { clock, manifest, vectors } = this.#init
    const startedAt = clock.now()
    const isTraining = this.#phase === 'training'
    const steps = isTraining ? manifest.training.localSteps : 0
    const outcome = await traced('training', () => this.#train(steps))
    await this.#publish(outcome, steps)
    const t = clock.wallNow()
    const publishedAt = clock.now()
    const round = this.#round + this.#closingRounds
    await traced('waiting', () => this.#neighbours.waitForNews({ round, isTraining }, signal))
    const waitMs = clock.now() - publishedAt
    const ownRoundMs = median(this.#roundMs) ?? 0
    const { terms, mixed } = this.#neighbours.takeMix({ round, isTraining, ownRoundMs, publishedAt: this.#publishedAt })
    await traced('mixing', () => vectors.mix(terms))
    await this.#pace(startedAt, signal)
    remember(this.#roundMs, clock.now() - startedAt, ROUND_TIMES)
    this.#report(t, outcome, steps, waitMs, mixed)
  }

  async #publish(outcome: Published, steps: number): Promise<void> {
    const { manifest, engine, samples, clock, onDelta } = this.#init
    if (this.#phase === 'training') this.#neighbours.noteOwnTraining(outcome.trainMs)
    const fields = {
      round: this.#round + this.#closingRounds,
      phase: this.#phase,
      steps,
      degree: this.#neighbours.degree,
      engine,
      ...(manifest.share.samples ? { samples } : {}),
      ...(manifest.share.metrics && outcome.loss !== undefined ? { loss: outcome.loss } : {})
    }
    const signed = await traced('signing', () => this.#chain!.append(outcome, fields))
    remember(this.#publishedAt, clock.now(), HISTORY_DELTAS)
    void traced('announcing', () => this.#neighbours.announce(signed))
    await onDelta({ seq: signed.seq, header: signed.header, payload: signed.payload, round: this.#round })
  }

  /** A peer publishes at most every `minRoundMs`: neighbours ignore the excess. */
  async #pace(startedAt: number, signal: AbortSignal): Promise<void> {
    const { clock, manifest } = this.#init
    const rest = manifest.training.minRoundMs - (clock.now() - startedAt)
    if (rest > 0) await this.#neighbours.until(() => false, rest, signal)
    await this.#init.roomForRound?.(signal)
  }

  #train(steps: number): Promise<Published> {
    const { manifest, samples } = this.#init
    return this.#training.train(this.#round, {
      steps,
      driftWeight: manifest.share.samples ? driftWeight(samples, this.#neighbourSamples()) : 1,
      withMomentum: this.#neighbours.degree > 0
    })
  }

  /**
   * Rounds are not aligned, so nobody may simply leave (DESIGN 5, the end): zero drift and no momentum until all links
   * close too or three median rounds have passed, at least five rounds; then one last delta that says `done`.
   */
  async #close(signal: AbortSignal): Promise<void> {
    const { clock } = this.#init
    const patienceMs = CLOSING_MEDIAN_ROUNDS * (median(this.#roundMs) ?? 0)
    const startedAt = clock.now()
    for (let rounds = 0; !signal.aborted; rounds++) {
      const isEnough = this.#neighbours.allIn(['closing', 'done']) || clock.now() - startedAt > patienceMs
      if (rounds >= CLOSING_ROUNDS && isEnough) break
      await this.#playRound(signal)
      this.#closingRounds += 1
    }
    if (signal.aborted) return
    this.#phase = 'done'
    await this.#playRound(signal)
    await this.#offers.leaveFinalToOthers(signal)
    await this.#offerCheckpoint()
  }

  async #offerCheckpoint(): Promise<void> {
    const chain = this.#chain
    if (chain?.head == null || chain.newest === undefined) return
    const { seq, head: delta, newest: signed } = chain
    await this.#offers.offer({ round: this.#round, seq, phase: this.#phase, delta, signed })
  }

  #neighbourSamples(): number[] {
    return this.#neighbours.versions.flatMap(({ header }) => header.samples ?? [])
  }

  #report(t: number, outcome: Published, steps: number, waitMs: number, mixed: readonly MixedVersion[]): void {
    this.#init.onRound({
      t,
      seq: outcome.seq,
      round: this.#round,
      phase: this.#phase,
      steps,
      trainMs: outcome.trainMs,
      waitMs,
      ...(outcome.loss === undefined ? {} : { loss: outcome.loss }),
      links: this.#neighbours.degree,
      mixed,
      payloadBytes: outcome.payload.byteLength
    })
  }
}

function remember(window: number[], value: number, size: number): void {
  window.push(value)
  if (window.length > size) window.shift()
}
