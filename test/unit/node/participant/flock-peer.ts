import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import {
  type CheckpointRequest,
  Participant,
  type ParticipantReport,
  type RoundEvent
} from '../../../../node/participant/index.ts'
import { LocalVectors, type RoundOptions, type RoundOutcome, type Start } from '../../../../node/vectors/index.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'
import { applyPayload } from '../../../../protocols/averaging/payload.ts'
import type { CopyFault, ExpectedCopy } from '../../../../protocols/delta-gossip/index.ts'
import { type RefusalReason, type RunManifest, recordCid } from '../../../../protocols/envelope/index.ts'
import { PullTrainer } from './pull-trainer.ts'
import type { VirtualClock } from './virtual-clock.ts'

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

/** One participant on a virtual clock, with all that it did. */
export class FlockPeer {
  readonly id: string
  readonly idBytes: Uint8Array
  readonly trainer: PullTrainer
  readonly vectors: NotedVectors
  readonly participant: Participant
  readonly events: RoundEvent[] = []
  readonly publishedAt: number[] = []
  readonly refused: RefusalReason[] = []
  readonly notices: string[] = []
  readonly checkpoints: CheckpointRequest[] = []
  readonly target: Float32Array
  readonly #stopping = new AbortController()
  /** Sends and serves nothing, while its links stand: a process that hangs. */
  isMute = false
  report: ParticipantReport | undefined

  constructor(init: FlockPeerInit) {
    const {
      clock,
      key,
      manifest,
      initial,
      incarnation,
      seed,
      samples = 100,
      company = { links: 0, ms: 0 },
      saved
    } = init
    const peerId = peerIdFromPrivateKey(key)
    const { codec, momentum, beta, gamma } = manifest.averaging
    this.id = peerId.toString()
    this.idBytes = peerId.toMultihash().bytes
    this.target = init.target
    this.trainer = new PullTrainer(init)
    this.vectors = new NotedVectors({
      trainer: this.trainer,
      rules: { codec, mu: momentum.mu, kappa: momentum.kappa, beta, gamma },
      learningRate: manifest.training.learningRate,
      seed,
      initial,
      random: createRandom(seed).fork('rounding')
    })
    this.participant = new Participant({
      run: RUN,
      manifest,
      key,
      incarnation,
      vectors: this.vectors,
      clock,
      engine: 'pull/1',
      samples,
      company,
      ...(saved === undefined ? {} : { saved }),
      onDelta: () => void this.publishedAt.push(clock.now()),
      onRound: (event) => void this.events.push(event),
      onCheckpointDue: async (request) => void this.checkpoints.push(request),
      onRefused: (_peer, reason) => void this.refused.push(reason),
      onFetchFailed: (_peer, error) => void this.notices.push(error.message),
      onNotice: (message) => void this.notices.push(message)
    })
  }

  async run(): Promise<ParticipantReport> {
    this.report = await this.participant.run({ signal: this.#stopping.signal })
    return this.report
  }

  interrupt(): void {
    this.#stopping.abort()
  }

  get hasStarted(): boolean {
    return (this.participant.chain?.seq ?? -1) >= 0
  }

  /** The newest public copy and the header that signs it. */
  async signedCopy(): Promise<{ header: Uint8Array; copy: Uint8Array }> {
    const { seq, copy } = await this.vectors.ownCopy()
    return { header: (await this.participant.chain!.header(seq))!, copy }
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
