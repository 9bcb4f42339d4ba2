import type { Codec } from './codec.ts'
import { addPayload, applyPayload, LARGEST_PARAMETER } from './payload.ts'
import { quantise } from './quantise.ts'
import type { Random } from './random.ts'

/** Constants of ALGORITHMS 1 that a run's manifest fixes. */
export interface AveragingRules {
  readonly codec: Codec
  /** Weight of quasi-global momentum in a round's step; 0 turns it off. */
  readonly mu: number
  /** Share of the newest step in the momentum. */
  readonly kappa: number
  /** Share of the own progress since a version was heard that is credited to that version (delay compensation). */
  readonly beta: number
  /** Step of the mixing itself. */
  readonly gamma: number
}

export interface AveragerInit {
  readonly rules: AveragingRules
  /** The copy that the peer starts from, shape [n]; taken over, not copied. */
  readonly parameters: Float32Array
  /** Decides stochastic rounding. */
  readonly random: Random
}

/** One neighbour's version in a mix. */
export interface MixTerm {
  readonly author: string
  /** Mixing weight `s_j`: Metropolis weight times staleness weight. */
  readonly weight: number
  /** How many own deltas were published after the version was heard (0 to 8). */
  readonly ownDeltasSince: number
  /** Deltas absorbed after the version that is meant, left out of the mix (0 to 2; more are not undone). */
  readonly newerDeltas?: number
}

export interface PublishedDelta {
  readonly payload: Uint8Array<ArrayBuffer>
  /** L2 norm of the dequantised increment. */
  readonly norm: number
}

/** Own increments that delay compensation can look back on: the largest staleness that is still mixed. */
export const HISTORY_DELTAS = 8

/** Neighbours' deltas that a mix can leave out: one for a neighbour that is a round ahead, one that has just arrived. */
const UNDONE_DELTAS = 2

/**
 * The vectors of one peer in one run and the whole arithmetic of a round (ALGORITHMS 1):
 * model `phi`, quasi-global momentum `m`, own public copy `a` and the neighbours' public copies.
 *
 * A round is `publish(z)`, any number of `absorb()`, `mix(terms)`. Pure: no clock, no I/O, randomness injected.
 */
export class Averager {
  readonly #rules: AveragingRules
  readonly #random: Random
  readonly #momentum: Float32Array
  readonly #copy: Float32Array
  readonly #views = new Map<string, View>()
  /** Own payloads, oldest first: delay compensation adds back what was published since a version was heard. */
  #history: Uint8Array[] = []
  #parameters: Float32Array
  /** `r`, the point from which the next mix starts; holds the locally trained model after `publish`. */
  #target: Float32Array

  constructor({ rules, parameters, random }: AveragerInit) {
    this.#rules = rules
    this.#random = random
    this.#parameters = parameters
    this.#copy = parameters.slice()
    this.#momentum = new Float32Array(parameters.length)
    this.#target = parameters.slice()
  }

  /** The peer's own model `phi`, shape [n]. Replaced at every mix: do not hold on to it. */
  get parameters(): Float32Array {
    return this.#parameters
  }

  /** The peer's own public copy `a`, shape [n]: what everybody can rebuild from its deltas. */
  get copy(): Float32Array {
    return this.#copy
  }

  /** A neighbour's public copy, shape [n], if held. */
  view(author: string): Float32Array | undefined {
    return this.#views.get(author)?.copy
  }

  /**
   * Publishes one delta: `r = phi + driftWeight * (trained - phi) + mu * m`, quantises `r - a` and moves `a`.
   *
   * `trained`: shape [n], the model after the local steps; `null` in the closing phase, where there is neither drift
   * nor momentum. `withMomentum: false` where the peer has no live link (alone, momentum would multiply local drift by
   * ten). Returns `null` and publishes nothing when the result is not finite or larger than 1e6: roll back then.
   */
  publish(
    trained: Float32Array | null,
    options: { driftWeight: number; withMomentum: boolean }
  ): PublishedDelta | null {
    if (!this.#aim(trained, options.driftWeight, options.withMomentum ? this.#rules.mu : 0)) return null
    const payload = quantise(this.#rules.codec, this.#target, this.#copy, this.#random)
    const norm = applyPayload(this.#rules.codec, payload, this.#copy)
    this.#history.push(payload)
    if (this.#history.length > HISTORY_DELTAS) this.#history.shift()
    return { payload, norm }
  }

  #aim(trained: Float32Array | null, driftWeight: number, mu: number): boolean {
    const phi = this.#parameters
    const target = this.#target
    if (trained === null) {
      target.set(phi)
      return isWithinBounds(target)
    }
    addDriftAndMomentum(target, phi, trained, driftWeight, this.#momentum, mu)
    return isWithinBounds(target)
  }

  /** Starts a new chain at `parameters`, shape [n], copied: model and own public copy equal it, momentum is zero. */
  startFrom(parameters: Float32Array): void {
    this.#parameters.set(parameters)
    this.#copy.set(parameters)
    this.#momentum.fill(0)
    this.#history = []
  }

  /** Takes a fetched public copy of a neighbour, shape [n]; taken over, not copied. */
  adopt(author: string, copy: Float32Array): void {
    if (copy.length !== this.#copy.length) {
      throw new RangeError(`copy has ${copy.length} parameters, the run has ${this.#copy.length}`)
    }
    this.#views.set(author, { copy, newest: [] })
  }

  /**
   * Adds a neighbour's delta to the held copy of that neighbour. Returns the increment's norm.
   * Throws PayloadError when the sender is at fault; the spoilt copy is dropped then.
   */
  absorb(author: string, payload: Uint8Array): number {
    const view = this.#views.get(author)
    if (view === undefined) throw new RangeError(`no public copy of ${author} to add a delta to`)
    try {
      const norm = applyPayload(this.#rules.codec, payload, view.copy)
      view.newest.push(payload)
      if (view.newest.length > UNDONE_DELTAS) view.newest.shift()
      return norm
    } catch (error) {
      this.#views.delete(author)
      throw error
    }
  }

  /** Drops the copy of a neighbour that is gone. */
  forget(author: string): void {
    this.#views.delete(author)
  }

  /**
   * Mixes neighbours' versions into the own model, once each:
   * `phi' = r + gamma * sum of s_j * (a_j - (a - beta * (a - a@heardAt_j)))`, then
   * `m = (1 - kappa) * m + kappa * (phi' - phi)`.
   *
   * The momentum is quasi-global (Lin et al. 2021): it sees what the neighbourhood did, not the local gradient, and
   * is never transmitted.
   */
  mix(terms: readonly MixTerm[]): void {
    const { gamma, kappa } = this.#rules
    const next = this.#target
    const addends: Addend[] = terms.flatMap(({ author, weight, newerDeltas = 0 }) => {
      const view = this.#views.get(author)
      if (view === undefined) return []
      this.#leaveOut(view, newerDeltas, gamma * weight, next)
      return { vector: view.copy, factor: gamma * weight }
    })
    const total = addends.reduce((sum, { factor }) => sum + factor, 0)
    if (total > 0) addends.push({ vector: this.#copy, factor: -total })
    this.#addOwnDeltasSince(terms, next)
    addAll(next, addends)
    follow(this.#momentum, kappa, next, this.#parameters)
    const previous = this.#parameters
    this.#parameters = next
    this.#target = previous
  }

  #leaveOut({ newest }: View, count: number, factor: number, next: Float32Array): void {
    if (count > newest.length) return
    for (let i = newest.length - count; i < newest.length; i++) addPayload(this.#rules.codec, newest[i]!, next, -factor)
  }

  /** Delay compensation: adds back a share of the own deltas that a version had not seen. */
  #addOwnDeltasSince(terms: readonly MixTerm[], next: Float32Array): void {
    const { gamma, beta, codec } = this.#rules
    this.#history.forEach((payload, index) => {
      const deltasAfter = this.#history.length - index
      let weight = 0
      for (const term of terms)
        if (term.ownDeltasSince >= deltasAfter && this.#views.has(term.author)) weight += term.weight
      if (weight > 0) addPayload(codec, payload, next, gamma * beta * weight)
    })
  }

  /**
   * Starts anew from `parameters`, shape [n], copied, or else from the mean of the held neighbours' copies (the own
   * public copy where there are none); momentum zero. The own public copy stays what it was published as.
   */
  rollBack(parameters?: Float32Array): void {
    const mean = () =>
      this.#views.size > 0 ? meanOf([...this.#views.values()].map(({ copy }) => copy)) : this.#copy.slice()
    this.#parameters = parameters?.slice() ?? mean()
    this.#momentum.fill(0)
  }
}

/** A neighbour's public copy and its newest deltas, oldest first. */
interface View {
  readonly copy: Float32Array
  readonly newest: Uint8Array[]
}

interface Addend {
  readonly vector: Float32Array
  readonly factor: number
}

/** Adds `factor * vector` of all addends to `target`, two at a time: that passes over `target` half as often. */
function addAll(target: Float32Array, addends: readonly Addend[]): void {
  for (let at = 0; at < addends.length; at += 2) {
    const one = addends[at]!
    const two = addends[at + 1]
    if (two === undefined) addScaled(target, one.vector, one.factor)
    else addTwoScaled(target, one.vector, one.factor, two.vector, two.factor)
  }
}

function addScaled(target: Float32Array, a: Float32Array, f: number): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + f * a[i]!
}

function addTwoScaled(target: Float32Array, a: Float32Array, f: number, b: Float32Array, g: number): void {
  for (let i = 0; i < target.length; i++) target[i] = target[i]! + f * a[i]! + g * b[i]!
}

/** `target = phi + driftWeight * (trained - phi) + mu * momentum` */
function addDriftAndMomentum(
  target: Float32Array,
  phi: Float32Array,
  trained: Float32Array,
  driftWeight: number,
  momentum: Float32Array,
  mu: number
): void {
  for (let i = 0; i < target.length; i++) {
    target[i] = phi[i]! + driftWeight * (trained[i]! - phi[i]!) + mu * momentum[i]!
  }
}

/** `momentum = (1 - kappa) * momentum + kappa * (next - phi)` */
function follow(momentum: Float32Array, kappa: number, next: Float32Array, phi: Float32Array): void {
  for (let i = 0; i < next.length; i++) momentum[i] = (1 - kappa) * momentum[i]! + kappa * (next[i]! - phi[i]!)
}

/**
 * Own parameters stay under half of what a public copy may hold, because a copy is up to `s / L` away from its target:
 * a published copy then never passes the bound that receivers refuse.
 */
function isWithinBounds(parameters: Float32Array): boolean {
  const limit = LARGEST_PARAMETER / 2
  for (let i = 0; i < parameters.length; i++) if (!(Math.abs(parameters[i]!) <= limit)) return false
  return true
}

/**
 * Coordinate-wise mean of copies, float64 sums in the given order, one rounding to float32 at the end.
 * `copies`: at least one, each of shape [n]. Any holder of the same copies in the same order gets the same bytes.
 */
export function meanOf(copies: readonly Float32Array[]): Float32Array<ArrayBuffer> {
  const first = copies[0]
  if (first === undefined) throw new RangeError('the mean of no copies is not defined')
  const mean = new Float32Array(first.length)
  for (let i = 0; i < mean.length; i++) {
    let sum = 0
    for (const copy of copies) sum += copy[i]!
    mean[i] = sum / copies.length
  }
  return mean
}
