import type { GossipSub, Message } from '@libp2p/gossipsub'
import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import {
  InvalidRecordError,
  MAX_BEACON_BYTES,
  MAX_CHECKPOINT_ANNOUNCEMENT_BYTES,
  MAX_DELTA_HEADER_BYTES,
  parseBeacon,
  parseCheckpointAnnouncement,
  parseDeltaHeader,
  type RefusalReason,
  type SignedBeacon,
  type SignedCheckpointAnnouncement,
  type SignedDeltaHeader
} from '../envelope/index.ts'
import { MAX_EQUIVOCATION_PROOF_BYTES, parseEquivocationProof } from './equivocation-proof.ts'

/** The topics of a run (DESIGN 5). */
export const TOPIC_NAMES = ['deltas', 'checkpoints', 'members', 'faults'] as const
export type TopicName = (typeof TOPIC_NAMES)[number]

/** Name of a run's topic in a network: `/starling/<net>/<run>/<name>`. */
export function topicOf(network: string, run: string, name: TopicName): string {
  return `/starling/${network}/${run}/${name}`
}

const MAX_BYTES: Readonly<Record<TopicName, number>> = {
  deltas: MAX_DELTA_HEADER_BYTES,
  checkpoints: MAX_CHECKPOINT_ANNOUNCEMENT_BYTES,
  members: MAX_BEACON_BYTES,
  faults: MAX_EQUIVOCATION_PROOF_BYTES
}

export interface RunTopicsInit {
  readonly pubsub: GossipSub
  readonly network: string
  /** Run id, text form, for the topics' names. */
  readonly run: string
  /** Run id, CID bytes, as records carry it. */
  readonly runBytes: Uint8Array
  readonly onHeader: (header: SignedDeltaHeader) => void
  readonly onCheckpoint: (checkpoint: SignedCheckpointAnnouncement) => void
  readonly onBeacon: (beacon: SignedBeacon) => void
  /** Somebody proved that this author signed two bodies for one sequence number. */
  readonly onEquivocation: (author: Uint8Array) => void
  readonly onRefused: (peer: string, reason: RefusalReason) => void
}

/** Delivers an accepted record, after the validator has parsed it. */
type Deliver = () => void

/**
 * What everybody in a run hears: sampled headers, checkpoints, beacons, proofs of equivocation.
 *
 * Records are signed themselves, so gossipsub signs nothing and names messages by their hash. The validator *rejects*
 * (and so lowers the sender's score for) what any honest forwarder could see to be wrong: size, shape, signature. What
 * depends on state, such as another run, is *ignored*. Messages may be lost or repeated; nothing depends on any one.
 */
export class RunTopics {
  readonly #init: RunTopicsInit

  constructor(init: RunTopicsInit) {
    this.#init = init
  }

  start(): void {
    const { pubsub } = this.#init
    for (const name of TOPIC_NAMES) {
      pubsub.topicValidators.set(this.#topic(name), (peer, message) => this.#validate(name, peer, message))
      pubsub.subscribe(this.#topic(name))
    }
  }

  stop(): void {
    const { pubsub } = this.#init
    for (const name of TOPIC_NAMES) {
      pubsub.unsubscribe(this.#topic(name))
      pubsub.topicValidators.delete(this.#topic(name))
    }
  }

  /** Publishes a sealed record. Resolves with the number of peers that it was handed to, 0 while there are none. */
  async publish(name: TopicName, bytes: Uint8Array): Promise<number> {
    const { recipients } = await this.#init.pubsub.publish(this.#topic(name), bytes)
    return recipients.length
  }

  #topic(name: TopicName): string {
    return topicOf(this.#init.network, this.#init.run, name)
  }

  async #validate(name: TopicName, peer: PeerId, { data }: Message): Promise<TopicValidatorResult> {
    try {
      if (data.byteLength > MAX_BYTES[name]) {
        throw new InvalidRecordError('oversized', `${data.byteLength} bytes on ${name}, at most ${MAX_BYTES[name]}`)
      }
      const deliver = await this.#parse(name, data)
      if (deliver === undefined) return TopicValidatorResult.Ignore
      deliver()
      return TopicValidatorResult.Accept
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error
      this.#init.onRefused(peer.toString(), error.reason)
      return TopicValidatorResult.Reject
    }
  }

  async #parse(name: TopicName, data: Uint8Array): Promise<Deliver | undefined> {
    const { runBytes, onHeader, onCheckpoint, onBeacon, onEquivocation } = this.#init
    if (name === 'deltas') {
      const signed = await parseDeltaHeader(data)
      return equals(signed.header.run, runBytes) ? () => onHeader(signed) : undefined
    }
    if (name === 'checkpoints') {
      const signed = await parseCheckpointAnnouncement(data)
      return equals(signed.announcement.run, runBytes) ? () => onCheckpoint(signed) : undefined
    }
    if (name === 'members') {
      const signed = await parseBeacon(data)
      return equals(signed.beacon.run, runBytes) ? () => onBeacon(signed) : undefined
    }
    const { author, run } = await parseEquivocationProof(data)
    return equals(run, runBytes) ? () => onEquivocation(author) : undefined
  }
}
