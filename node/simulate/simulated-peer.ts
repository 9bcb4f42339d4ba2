import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { RefusalReason } from '../../protocols/envelope/index.ts'
import type { SignedCopy } from '../../protocols/state-sync/index.ts'
import {
  type CheckpointRequest,
  type OwnDelta,
  Participant,
  type ParticipantInit,
  type ParticipantReport,
  type RoundEvent
} from '../participant/index.ts'
import type { Vectors } from '../vectors/index.ts'
import type { Station } from './simulated-network.ts'

/** What a study or a test wants to hear of its peers. */
export interface PeerObserver {
  readonly onDelta?: (peer: SimulatedPeer, delta: OwnDelta) => void
  readonly onRound?: (peer: SimulatedPeer, event: RoundEvent) => void
  readonly onCheckpointDue?: (peer: SimulatedPeer, request: CheckpointRequest) => void
  readonly onRefused?: (peer: SimulatedPeer, reason: RefusalReason) => void
  readonly onNotice?: (peer: SimulatedPeer, message: string) => void
}

export interface SimulatedPeerInit
  extends Omit<
    ParticipantInit,
    'onDelta' | 'onRound' | 'onCheckpointDue' | 'onRefused' | 'onFetchFailed' | 'onNotice'
  > {
  readonly observer?: PeerObserver
}

/** One real participant with links in memory: what its process would be around it. */
export class SimulatedPeer implements Station {
  readonly id: string
  readonly idBytes: Uint8Array
  readonly key: PrivateKey
  readonly participant: Participant
  readonly vectors: Vectors
  readonly #stopping = new AbortController()
  isMute = false

  constructor({ observer = {}, ...init }: SimulatedPeerInit) {
    const peerId = peerIdFromPrivateKey(init.key)
    this.id = peerId.toString()
    this.idBytes = peerId.toMultihash().bytes
    this.key = init.key
    this.vectors = init.vectors
    this.participant = new Participant({
      ...init,
      onDelta: (delta) => observer.onDelta?.(this, delta),
      onRound: (event) => observer.onRound?.(this, event),
      onCheckpointDue: async (request) => observer.onCheckpointDue?.(this, request),
      onRefused: (_peer, reason) => observer.onRefused?.(this, reason),
      onFetchFailed: (_peer, error) => observer.onNotice?.(this, error.message),
      onNotice: (message) => observer.onNotice?.(this, message)
    })
  }

  run(): Promise<ParticipantReport> {
    return this.participant.run({ signal: this.#stopping.signal })
  }

  interrupt(): void {
    this.#stopping.abort()
  }

  /** The newest public copy and the header that signs it. */
  async signedCopy(): Promise<SignedCopy> {
    const { seq, copy } = await this.vectors.ownCopy()
    const header = await this.participant.chain?.header(seq)
    if (header === undefined) throw new Error('nothing was published yet')
    return { header, copy }
  }
}
