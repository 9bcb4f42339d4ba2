import type { PrivateKey } from '@libp2p/interface'
import type {
  CheckpointRequest,
  ParticipantInit,
  ParticipantReport,
  RoundEvent
} from '../../../../node/participant/index.ts'
import { SimulatedPeer } from '../../../../node/simulate/simulated-peer.ts'
import type { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import {
  averagingRulesOf,
  LocalVectors,
  type RoundOptions,
  type RoundOutcome,
  type Start
} from '../../../../node/vectors/index.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'
import { applyPayload } from '../../../../protocols/averaging/payload.ts'
import type { CopyFault, ExpectedCopy } from '../../../../protocols/delta-gossip/index.ts'
import { type RefusalReason, type RunManifest, recordCid } from '../../../../protocols/envelope/index.ts'
import { PullTrainer } from './pull-trainer.ts'

export const RUN = recordCid(new Uint8Array([1])).bytes

export interface FlockPeerInit {
  readonly clock: VirtualClock
  readonly key: PrivateKey
  readonly manifest: RunManifest
  readonly initial: Float32Array
  readonly incarnation: Uint8Array
  readonly seed: number
  /** What this peer's rows would have the model be, shape [n]. */
  readonly target: Float32Array
  readonly trainMs: number
  /** Rows, as the peer publishes them. */
  readonly samples?: number
  readonly company?: { readonly links: number; readonly ms: number }
  readonly saved?: { readonly round: number; readonly copy: Uint8Array }
  readonly newestCheckpoint?: NonNullable<ParticipantInit['newestCheckpoint']>
  readonly members?: () => number
}

/** Vectors that note what they are asked for. */
class NotedVectors extends LocalVectors {
  readonly starts: Start['from'][] = []
  readonly rounds: RoundOptions[] = []
  /** The copy that the chain started from, shape [n]. */
  startCopy = new Float32Array()
  /** The neighbours' copies that were held then, by a bookkeeping of their own. */
  heldAtStart: readonly Float32Array[] = []
  readonly #held = new Map<string, Float32Array>()

  override async adopt(author: string, copy: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    this.#held.set(author, new Float32Array(copy.slice().buffer))
    return super.adopt(author, copy, expected)
  }

  override async absorb(author: string, payload: Uint8Array, expected: ExpectedCopy): Promise<CopyFault> {
    const held = this.#held.get(author)
    if (held !== undefined) applyPayload('int4', payload, held)
    return super.absorb(author, payload, expected)
  }

  override async start(start: Start): Promise<Uint8Array> {
    this.starts.push(start.from)
    this.heldAtStart = [...this.#held.values()].map((copy) => copy.slice())
    const hash = await super.start(start)
    this.startCopy = new Float32Array((await this.ownCopy()).copy.slice().buffer)
    return hash
  }

  override async round(options: RoundOptions): Promise<RoundOutcome> {
    this.rounds.push(options)
    return super.round(options)
  }
}

/** One simulated peer, with all that it did. */
export class FlockPeer extends SimulatedPeer {
  override readonly vectors: NotedVectors
  readonly trainer: PullTrainer
  readonly events: RoundEvent[]
  readonly publishedAt: number[]
  readonly refused: RefusalReason[]
  readonly notices: string[]
  readonly checkpoints: CheckpointRequest[]
  readonly target: Float32Array
  report: ParticipantReport | undefined

  constructor(init: FlockPeerInit) {
    const { clock, manifest, initial, seed, samples = 100, company = { links: 0, ms: 0 }, ...rest } = init
    const trainer = new PullTrainer(init)
    const vectors = new NotedVectors({
      trainer,
      rules: averagingRulesOf(manifest.averaging),
      learningRate: manifest.training.learningRate,
      seed,
      initial,
      random: createRandom(seed).fork('rounding')
    })
    const events: RoundEvent[] = []
    const publishedAt: number[] = []
    const refused: RefusalReason[] = []
    const notices: string[] = []
    const checkpoints: CheckpointRequest[] = []
    const { key, incarnation, saved, newestCheckpoint, members } = rest
    super({
      run: RUN,
      manifest,
      key,
      incarnation,
      vectors,
      clock,
      engine: 'pull/1',
      samples,
      company,
      ...(saved === undefined ? {} : { saved }),
      ...(newestCheckpoint === undefined ? {} : { newestCheckpoint }),
      ...(members === undefined ? {} : { members }),
      observer: {
        onDelta: () => void publishedAt.push(clock.now()),
        onRound: (_, event) => void events.push(event),
        onCheckpointDue: (_, request) => void checkpoints.push(request),
        onRefused: (_, reason) => void refused.push(reason),
        onNotice: (_, message) => void notices.push(message)
      }
    })
    this.vectors = vectors
    this.trainer = trainer
    this.events = events
    this.publishedAt = publishedAt
    this.refused = refused
    this.notices = notices
    this.checkpoints = checkpoints
    this.target = init.target
  }

  override async run(): Promise<ParticipantReport> {
    this.report = await super.run()
    return this.report
  }

  /** The public copy, shape [n]. */
  async model(): Promise<Float32Array> {
    return new Float32Array((await this.vectors.ownCopy()).copy.slice().buffer)
  }

  /** Longest time between two own deltas that were published after `from`. */
  longestGap(from = 0): number {
    const times = this.publishedAt.filter((at) => at >= from)
    return Math.max(...times.slice(1).map((at, i) => at - times[i]!))
  }
}
