import type { Codec } from './codec.ts'
import { addPayload } from './payload.ts'
import type { Neighbour, RobustRule } from './robust/index.ts'
import type { HeldVersions, MixTerm, View } from './versions.ts'

export interface RobustMixInit {
  readonly rule: RobustRule
  /** Byzantine budget. */
  readonly b: number
  readonly codec: Codec
  readonly beta: number
  readonly gamma: number
}

/**
 * Mixes through a robust rule, which has to see each difference `v_j = a_j - ref_j` by itself.
 *
 * What differs from a held copy is written out into vectors that are kept for the next mix: one for each distinct number
 * of own deltas since (none for versions that have seen the newest), one for each neighbour whose newest delta is left out.
 */
export class RobustMix {
  readonly #init: RobustMixInit
  readonly #scratch: Float32Array[] = []
  #taken = 0

  constructor(init: RobustMixInit) {
    this.#init = init
  }

  /**
   * Adds what the rule makes of `terms` to `next`, shape [n], in place. Held views that no term names have been mixed
   * before: the rule may judge by them. `published`: own deltas so far, by which their age is known.
   */
  addTo(next: Float32Array, terms: readonly MixTerm[], versions: HeldVersions, published: number): void {
    const { rule, gamma, b } = this.#init
    this.#taken = 0
    const isMeant = new Set(terms.map(({ author }) => author))
    const meant = terms.filter(({ author }) => versions.views.has(author))
    const before = [...versions.views].flatMap(([author, { heardAt }]): MixTerm[] =>
      isMeant.has(author) ? [] : [{ author, weight: 1, ownDeltasSince: published - heardAt }]
    )
    const all = [...meant, ...before]
    const references = this.#references(all, versions)
    const neighbours = all.map((term): Neighbour => {
      const copy = this.#copyOf(versions.views.get(term.author)!, term.newerDeltas ?? 0)
      return { copy, reference: references.get(this.#deltasSince(term, versions))!, weight: term.weight }
    })
    rule.addTo(next, neighbours.slice(0, meant.length), { gamma, b, mixedBefore: neighbours.slice(meant.length) })
  }

  /** `a - beta * (a - a@heardAt)` for every number of own deltas since that occurs, from 0 upwards. */
  #references(terms: readonly MixTerm[], versions: HeldVersions): Map<number, Float32Array> {
    const { codec, beta } = this.#init
    const { copy, history } = versions
    const counts = new Set(terms.map((term) => this.#deltasSince(term, versions)))
    const references = new Map([[0, copy]])
    let reference = copy
    let undone = 0
    for (const count of [...counts].sort((a, b) => a - b)) {
      if (count === 0) continue
      reference = this.#take(reference)
      for (; undone < count; undone++) addPayload(codec, history.at(-1 - undone)!, reference, -beta)
      references.set(count, reference)
    }
    return references
  }

  /** Own deltas that the reference takes back; 0 where delay compensation is off. */
  #deltasSince({ ownDeltasSince }: MixTerm, { history }: HeldVersions): number {
    return this.#init.beta === 0 ? 0 : Math.min(ownDeltasSince, history.length)
  }

  #copyOf({ copy, newest }: View, newerDeltas: number): Float32Array {
    if (newerDeltas === 0 || newerDeltas > newest.length) return copy
    const older = this.#take(copy)
    for (const payload of newest.slice(-newerDeltas)) addPayload(this.#init.codec, payload, older, -1)
    return older
  }

  /** A scratch vector that holds what `vector` holds. */
  #take(vector: Float32Array): Float32Array {
    const taken = this.#scratch[this.#taken] ?? new Float32Array(vector.length)
    this.#scratch[this.#taken] = taken
    this.#taken += 1
    taken.set(vector)
    return taken
  }
}
