import { createRandom, type Random } from '../../../protocols/averaging/index.ts'
import { drawStronglyConnectedPushes, type Links } from '../topologies/index.ts'
import { PushSumOptionsError } from './errors.ts'

/**
 * What a sender puts on a link: the sum of all shares it ever sent there, of which the receiver adds what is new to it, or
 * the newest share alone, which a lost message takes along.
 */
export type PushSumRule = 'running-sum' | 'naive'

export interface PushSumOptions {
  /** Decides numbers, graph and losses: an integer of up to 53 bits. */
  readonly seed: number
  readonly peers: number
  /** To how many others a peer sends; 6 by default. */
  readonly links?: number
  /** Share of messages that is lost, from 0 to below 1. */
  readonly loss: number
  readonly rounds: number
  readonly rule: PushSumRule
}

/**
 * Averages over links that work one way only: push-sum (Kempe, Dobra & Gehrke 2003), and the running sums that make it
 * exact under any loss below 1 (Hadjicostis, Vaidya & Dominguez-Garcia 2016). For study: links of real runs work both
 * ways. Every peer has a number, uniform on [-1, 1), and estimates the mean of all.
 *
 * Returns the root mean square of the estimates' errors after each round, shape [rounds], in float64. Throws
 * PushSumOptionsError, InvalidSeedError.
 */
export function runPushSum(options: PushSumOptions): Float64Array {
  const { seed, peers, links = 6, loss, rounds, rule } = options
  if (!(Number.isInteger(peers) && Number.isInteger(links) && links >= 1 && links < peers)) {
    throw new PushSumOptionsError(
      `${links} links of ${peers} peers: a peer has at least one, and fewer than there are peers`
    )
  }
  if (!(loss >= 0 && loss < 1)) throw new PushSumOptionsError(`a loss of ${loss}: give 0 to below 1`)
  const random = createRandom(seed)
  const values = Float64Array.from({ length: peers }, () => 2 * random.next() - 1)
  const mean = values.reduce((sum, x) => sum + x, 0) / peers
  const graph = drawStronglyConnectedPushes(peers, links, random.fork('topology'))
  const flock = new PushSum({ values, graph, shares: 1 / (1 + links), rule, loss, random: random.fork('loss') })
  return Float64Array.from({ length: rounds }, () => {
    flock.round()
    return flock.errorFrom(mean)
  })
}

interface PushSumInit {
  /** Shape [peers]; taken over. */
  readonly values: Float64Array
  readonly graph: Links
  /** The part of what a peer has that it keeps, and that it sends to each of its receivers. */
  readonly shares: number
  readonly rule: PushSumRule
  readonly loss: number
  readonly random: Random
}

/** Numbers and the weights by which they are divided: both travel together, and so lose alike. */
class PushSum {
  readonly #init: PushSumInit
  readonly #value: Mass
  readonly #weight: Mass

  constructor(init: PushSumInit) {
    const { values, graph } = init
    this.#init = init
    this.#value = new Mass(values, graph.senders.length)
    this.#weight = new Mass(new Float64Array(values.length).fill(1), graph.senders.length)
  }

  round(): void {
    const { graph, shares, rule, loss, random } = this.#init
    const { offsets, senders } = graph
    this.#value.send(shares)
    this.#weight.send(shares)
    for (let receiver = 0; receiver < offsets.length - 1; receiver++) {
      for (let link = offsets[receiver]!; link < offsets[receiver + 1]!; link++) {
        if (random.next() < loss) continue
        this.#value.receive(rule, receiver, senders[link]!, link)
        this.#weight.receive(rule, receiver, senders[link]!, link)
      }
    }
  }

  errorFrom(mean: number): number {
    const squares = this.#value.held.reduce((sum, x, i) => sum + (x / this.#weight.held[i]! - mean) ** 2, 0)
    return Math.sqrt(squares / this.#value.held.length)
  }
}

/** One quantity that is passed around. What is neither held nor on its way is lost. */
class Mass {
  /** Shape [peers]. */
  readonly held: Float64Array
  /** What each peer has sent this round to each of its receivers, shape [peers]. */
  readonly #share: Float64Array
  /** All shares that each peer has ever sent to each of its receivers, shape [peers]. */
  readonly #sent: Float64Array
  /** What of it has arrived, shape [links]. */
  readonly #seen: Float64Array

  constructor(held: Float64Array, links: number) {
    this.held = held
    this.#share = new Float64Array(held.length)
    this.#sent = new Float64Array(held.length)
    this.#seen = new Float64Array(links)
  }

  send(shares: number): void {
    for (let i = 0; i < this.held.length; i++) {
      this.held[i]! *= shares
      this.#share[i] = this.held[i]!
      this.#sent[i]! += this.held[i]!
    }
  }

  receive(rule: PushSumRule, receiver: number, sender: number, link: number): void {
    if (rule === 'naive') {
      this.held[receiver]! += this.#share[sender]!
      return
    }
    this.held[receiver]! += this.#sent[sender]! - this.#seen[link]!
    this.#seen[link] = this.#sent[sender]!
  }
}
