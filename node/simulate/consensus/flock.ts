import { Averager, type Codec, type MixTerm, type Random } from '../../../protocols/averaging/index.ts'
import { type Mixing, sendersTo } from '../topologies/index.ts'

/** Without training there is neither momentum nor a delay to make up for: these are the closing rounds of a run. */
const CLOSING_RULES = { mu: 0, kappa: 0, beta: 0, gamma: 1 } as const

export interface FlockInit {
  readonly codec: Codec
  /** What each peer begins with, shape [peers, dimension]: as if it had trained for one round from common weights of 0. */
  readonly starts: readonly Float32Array[]
  /** Decides stochastic rounding. */
  readonly random: Random
}

/**
 * Peers that publish and mix in lock-step, each with the averager of a real peer.
 *
 * What a peer holds of a neighbour equals, bit for bit, that neighbour's own public copy: both were moved by the same
 * payloads. Lock-step publishes everything before anything is mixed, so all neighbours may hold one and the same array.
 * That saves an addition of every delta and a copy of every model a link; a test compares the bytes with peers that
 * absorb for themselves.
 */
export class Flock {
  readonly #averagers: readonly Averager[]
  readonly #names: readonly string[]
  #starts: readonly Float32Array[] | undefined
  #linked: Mixing | undefined

  constructor({ codec, starts, random }: FlockInit) {
    const rules = { ...CLOSING_RULES, codec }
    this.#starts = starts
    this.#names = starts.map((_, peer) => `${peer}`)
    this.#averagers = starts.map((start, peer) => {
      return new Averager({ rules, parameters: new Float32Array(start.length), random: random.fork(peer) })
    })
  }

  /** Models of all peers, shape [peers, dimension]; replaced at every mix. */
  get models(): readonly Float32Array[] {
    return this.#starts ?? this.#averagers.map(({ parameters }) => parameters)
  }

  /** The peers `from` to `to` publish a delta each. */
  publish(from: number, to: number): void {
    for (let peer = from; peer < to; peer++) {
      const trained = this.#starts?.[peer] ?? null
      const delta = this.#averagers[peer]!.publish(trained, { driftWeight: 1, withMomentum: false })
      // Means of numbers on [-1, 1) stay there.
      if (delta === null) throw new RangeError(`the model of peer ${peer} has left the bounds of a public copy`)
    }
  }

  /** Everybody has published; the links of the coming mix are now `mixing`. Other views are let go: they would add up. */
  link(mixing: Mixing): void {
    this.#starts = undefined
    if (mixing === this.#linked) return
    this.#averagers.forEach((averager, receiver) => {
      if (this.#linked !== undefined)
        for (const sender of sendersTo(this.#linked, receiver)) averager.forget(this.#names[sender]!)
      for (const sender of sendersTo(mixing, receiver))
        averager.adopt(this.#names[sender]!, this.#averagers[sender]!.copy)
    })
    this.#linked = mixing
  }

  /** The peers `from` to `to` mix what they hear. */
  mix(from: number, to: number): void {
    const linked = this.#linked
    if (linked === undefined) return
    const { offsets, senders, weights } = linked
    for (let receiver = from; receiver < to; receiver++) {
      const terms: MixTerm[] = []
      for (let e = offsets[receiver]!; e < offsets[receiver + 1]!; e++) {
        terms.push({ author: this.#names[senders[e]!]!, weight: weights[e]!, ownDeltasSince: 0 })
      }
      this.#averagers[receiver]!.mix(terms)
    }
  }
}
