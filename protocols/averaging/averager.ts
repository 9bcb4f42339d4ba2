import type { Codec } from './codec.ts'
import { mixMean } from './mean-mix.ts'
import { meanOf } from './mean-of.ts'
import { medianOf } from './median-of.ts'
import { createMomentum, type Momentum, type MomentumRules } from './momentum/index.ts'
import { applyPayload, LARGEST_PARAMETER } from './payload.ts'
import { quantise } from './quantise.ts'
import type { Random } from './random.ts'
import { createRobustRule, type RobustRuleName } from './robust/index.ts'
import { RobustMix } from './robust-mix.ts'
import type { HeldVersions, MixTerm, View } from './versions.ts'

/** Constants of ALGORITHMS 1 and 4 that a run's manifest fixes. */
export interface AveragingRules extends MomentumRules {
  readonly codec: Codec
  /** Share of the own progress since a version was heard that is credited to that version (delay compensation). */
  readonly beta: number
  /** Step of the mixing itself. */
  readonly gamma: number
  /** What neighbours may do to the model; `mean`, which trusts them, where it is left out. */
  readonly rule?: RobustRuleName
  /** Byzantine budget of a robust rule: neighbours that may lie; 0 where it is left out. */
  readonly b?: number
}

export interface AveragerInit {
  readonly rules: AveragingRules
  /** The copy that the peer starts from, shape [n]; taken over, not copied. */
  readonly parameters: Float32Array
  /** Decides stochastic rounding. */
  readonly random: Random
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
 * model `phi`, momentum, own public copy `a` and the neighbours' public copies.
 *
 * A round is `publish(z)`, any number of `absorb()`, `mix(terms)`. Pure: no clock, no I/O, randomness injected.
 */
export class Averager {
  readonly #rules: AveragingRules
  readonly #random: Random
  readonly #momentum: Momentum
  readonly #copy: Float32Array
  readonly #views = new Map<string, View>()
  /** Only where the rule is not the mean, which needs no vectors of its own. */
  readonly #robustMix: RobustMix | undefined
  /** Own payloads, oldest first: delay compensation adds back what was published since a version was heard. */
  #history: Uint8Array[] = []
  /** Own deltas since the chain began. */
  #published = 0
  #parameters: Float32Array
  /** `r`, the point from which the next mix starts; holds the locally trained model after `publish`. */
  #target: Float32Array

  constructor({ rules, parameters, random }: AveragerInit) {
    const { rule: name = 'mean', b = 0 } = rules
    this.#rules = rules
    this.#random = random
    this.#parameters = parameters
    this.#copy = parameters.slice()
    this.#momentum = createMomentum(parameters.length, rules)
    this.#target = parameters.slice()
    this.#robustMix = name === 'mean' ? undefined : new RobustMix({ ...rules, rule: createRobustRule(name), b })
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
   * Publishes one delta: takes aim at `r`, the trained model with momentum, quantises `r - a` and moves `a`.
   *
   * `trained`: shape [n], the model after the local steps; `null` in the closing phase, where there is neither drift
   * nor momentum. `withMomentum: false` where the peer has no live link (alone, momentum would multiply local drift by
   * ten). Returns `null` and publishes nothing when the result is not finite or larger than 1e6: roll back then.
   */
  publish(
    trained: Float32Array | null,
    options: { driftWeight: number; withMomentum: boolean }
  ): PublishedDelta | null {
    const target = this.#target
    const { driftWeight, withMomentum: isOn } = options
    if (trained === null) target.set(this.#parameters)
    else this.#momentum.aim(target, this.#parameters, trained, { driftWeight, isOn })
    if (!isWithinBounds(target)) return null
    const payload = quantise(this.#rules.codec, target, this.#copy, this.#random)
    const norm = applyPayload(this.#rules.codec, payload, this.#copy)
    this.#remember(payload)
    return { payload, norm }
  }

  #remember(payload: Uint8Array): void {
    this.#published += 1
    this.#history.push(payload)
    if (this.#history.length > HISTORY_DELTAS) this.#history.shift()
  }

  /** Starts a new chain at `parameters`, shape [n], copied: model and own public copy equal it, momentum is zero. */
  startFrom(parameters: Float32Array): void {
    this.#parameters.set(parameters)
    this.#copy.set(parameters)
    this.#momentum.reset()
    this.#history = []
    this.#published = 0
    for (const view of this.#views.values()) view.heardAt = 0
  }

  /** Takes a fetched public copy of a neighbour, shape [n]; taken over, not copied. */
  adopt(author: string, copy: Float32Array): void {
    if (copy.length !== this.#copy.length) {
      throw new RangeError(`copy has ${copy.length} parameters, the run has ${this.#copy.length}`)
    }
    this.#views.set(author, { copy, newest: [], heardAt: this.#published })
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
      view.heardAt = this.#published
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
   * Mixes neighbours' versions into the own model, once each, through the run's rule:
   * `phi' = r + gamma * sum over S' of s_j * (a_j - (a - beta * (a - a@heardAt_j)))`; the momentum follows that step.
   *
   * Held copies that no term names count as mixed before: a robust rule judges by them too.
   */
  mix(terms: readonly MixTerm[]): void {
    const next = this.#target
    const versions: HeldVersions = { copy: this.#copy, history: this.#history, views: this.#views }
    if (this.#robustMix === undefined) mixMean(next, terms, versions, this.#rules)
    else this.#robustMix.addTo(next, terms, versions, this.#published)
    this.#momentum.follow(next, this.#parameters)
    this.#target = this.#parameters
    this.#parameters = next
  }

  /**
   * Starts anew from `parameters`, shape [n], copied, or else from the middle of the held neighbours' copies (the own
   * public copy where there are none); momentum zero. The own public copy stays what it was published as.
   */
  rollBack(parameters?: Float32Array): void {
    this.#parameters = parameters?.slice() ?? this.middleOf(this.#views.keys()) ?? this.#copy.slice()
    this.#momentum.reset()
  }

  /**
   * The mean of these neighbours' held copies, shape [n], or in a robust run their coordinate-wise median; `undefined`
   * where none is held.
   */
  middleOf(authors: Iterable<string>): Float32Array<ArrayBuffer> | undefined {
    const copies = [...authors].flatMap((author) => this.view(author) ?? [])
    return copies.length === 0 ? undefined : this.combine(copies)
  }

  /** How copies become one model: a robust run does not let a liar's copy into a mean. */
  get combination(): 'mean' | 'median' {
    return this.#robustMix === undefined ? 'mean' : 'median'
  }

  /** At least one copy, each of shape [n], as one model: their mean or coordinate-wise median. */
  combine(copies: readonly Float32Array[]): Float32Array<ArrayBuffer> {
    return this.combination === 'mean' ? meanOf(copies) : medianOf(copies)
  }
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
