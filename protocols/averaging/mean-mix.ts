import type { Codec } from './codec.ts'
import { addPayload } from './payload.ts'
import type { HeldVersions, MixTerm, View } from './versions.ts'
import { type Addend, addAll } from './weighted-sum.ts'

export interface MeanMixRules {
  readonly codec: Codec
  readonly beta: number
  readonly gamma: number
}

/**
 * `next += gamma * sum of s_j * (a_j - (a - beta * (a - a@heardAt_j)))`, in place, each vector read once and no
 * difference materialised: own deltas since a version was heard, and a neighbour's deltas that are newer than the version
 * meant, are added or taken away as the payloads that they came in.
 */
export function mixMean(
  next: Float32Array,
  terms: readonly MixTerm[],
  { views, copy, history }: HeldVersions,
  { codec, beta, gamma }: MeanMixRules
): void {
  const held = terms.filter(({ author }) => views.has(author))
  const addends: Addend[] = held.map(({ author, weight, newerDeltas = 0 }) => {
    const view = views.get(author)!
    leaveOut(view, newerDeltas, gamma * weight)
    return { vector: view.copy, factor: gamma * weight }
  })
  const total = addends.reduce((sum, { factor }) => sum + factor, 0)
  if (total > 0) addends.push({ vector: copy, factor: -total })
  addOwnDeltasSince()
  addAll(next, addends)

  function leaveOut({ newest }: View, count: number, factor: number): void {
    if (count > newest.length) return
    for (let i = newest.length - count; i < newest.length; i++) addPayload(codec, newest[i]!, next, -factor)
  }

  /** Delay compensation: adds back a share of the own deltas that a version had not seen. */
  function addOwnDeltasSince(): void {
    history.forEach((payload, index) => {
      const deltasAfter = history.length - index
      let weight = 0
      for (const term of held) if (term.ownDeltasSince >= deltasAfter) weight += term.weight
      if (weight > 0) addPayload(codec, payload, next, gamma * beta * weight)
    })
  }
}
