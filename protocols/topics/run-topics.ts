import type { GossipSub, Message } from '@libp2p/gossipsub'
import { TopicValidatorResult } from '@libp2p/gossipsub'
import type { PeerId } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import { systemClock } from '../clock.ts'
import {
  type CheckpointNews,
  InvalidRecordError,
  MAX_BEACON_BYTES,
  MAX_CHECKPOINT_ANNOUNCEMENT_BYTES,
  MAX_DELTA_HEADER_BYTES,
  parseBeacon,
  parseCheckpointNews,
  parseDeltaHeader,
  type RefusalReason,
  type SignedBeacon,
  type SignedDeltaHeader
} from '../envelope/index.ts'
import { AuthorLimit, type Rate } from './author-limit.ts'
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

/** Honest peers send a header or a beacon every ten seconds at most, the first few sooner; twice as many pass. */
const SELDOM: Rate = { burst: 8, refillMs: 5000 }

/** Checkpoints come by rounds, and the smallest models play hundreds a second; their last one must not be lost. */
const OFTEN: Rate = { burst: 64, refillMs: 100 }

export interface RunTopicsInit {
  readonly pubsub: GossipSub
  readonly network: string
  /** Run id, text form, for the topics' names. */
  readonly run: string
  /** Run id, CID bytes, as records carry it. */
  readonly runBytes: Uint8Array
  readonly onHeader: (header: SignedDeltaHeader) => void
  readonly onCheckpoint: (checkpoint: CheckpointNews) => void
  readonly onBeacon: (beacon: SignedBeacon) => void
  /** Somebody proved that this author signed two bodies for one sequence number. */
  readonly onEquivocation: (author: Uint8Array, proof: Uint8Array) => void
  readonly onRefused: (peer: string, reason: RefusalReason) => void
}

/** A record that the validator has parsed: whose it is, of which run, and what accepting it does. */
interface Parsed {
  readonly author: Uint8Array
  readonly run: Uint8Array
  readonly deliver: () => void
}

/**
 * What everybody in a run hears: sampled headers, checkpoints, beacons, proofs of equivocation.
 *
 * Records are signed themselves, so gossipsub signs nothing and names messages by their hash. The validator *rejects*
 * (and so lowers the sender's score for) what any honest forwarder could see to be wrong: size, shape, signature. What
 * depends on state, such as another run or an author that sends too much, is *ignored* and so not passed on. Messages may be lost or repeated; nothing depends on any one.
 */
export class RunTopics {
  readonly #init: RunTopicsInit
  readonly #limits: Readonly<Record<TopicName, AuthorLimit>> = {
    deltas: new AuthorLimit(SELDOM),
    checkpoints: new AuthorLimit(OFTEN),
    members: new AuthorLimit(SELDOM),
    faults: new AuthorLimit(SELDOM)
  }

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
      const { author, run, deliver } = await this.#parse(name, data)
      if (!equals(run, this.#init.runBytes)) return TopicValidatorResult.Ignore
      if (!this.#limits[name].take(author, systemClock.now())) {
        this.#init.onRefused(peer.toString(), 'rate')
        return TopicValidatorResult.Ignore
      }
      deliver()
      return TopicValidatorResult.Accept
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error
      this.#init.onRefused(peer.toString(), error.reason)
      return TopicValidatorResult.Reject
    }
  }

  async #parse(name: TopicName, data: Uint8Array): Promise<Parsed> {
    const { onHeader, onCheckpoint, onBeacon, onEquivocation } = this.#init
    if (name === 'deltas') {
      const signed = await parseDeltaHeader(data)
      return { author: signed.header.author, run: signed.header.run, deliver: () => onHeader(signed) }
    }
    if (name === 'checkpoints') {
      const signed = await parseCheckpointNews(data)
      const { author, run } = signed.announcement
      return { author, run, deliver: () => onCheckpoint(signed) }
    }
    if (name === 'members') {
      const signed = await parseBeacon(data)
      return { author: signed.beacon.peer, run: signed.beacon.run, deliver: () => onBeacon(signed) }
    }
    const { author, run } = await parseEquivocationProof(data)
    return { author, run, deliver: () => onEquivocation(author, data) }
  }
}
