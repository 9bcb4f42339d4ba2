import { payloadBytes } from '../../../protocols/averaging/codec.ts'
import { createRandom, createRobustRule, type RobustRuleName } from '../../../protocols/averaging/index.ts'
import { applyPayload } from '../../../protocols/averaging/payload.ts'
import { quantise } from '../../../protocols/averaging/quantise.ts'
import type { BenchVectors } from './vectors.ts'

/** A piece of a round's arithmetic over whole vectors. */
export interface Kernel {
  readonly name: string
  /** Float32 vectors that it reads, each counted once however often it passes over them. */
  readonly inputs: number
  readonly run: () => void
}

/** Rules by the name that the issue gives their kernel: clipping and mixing is what clipped gossip does. */
const RULES: Readonly<Record<string, RobustRuleName>> = {
  'clip-and-mix': 'clipped-gossip',
  'or-cs+': 'or-cs+',
  'cs+': 'cs+',
  nna: 'nna',
  'trimmed-mean': 'trimmed-mean',
  median: 'median',
  krum: 'krum'
}

/** What every kernel is measured beside: `set`, one vector into another. */
export function copyKernel({ target, reference }: BenchVectors): Kernel {
  return { name: 'copy', inputs: 1, run: () => target.set(reference) }
}

/**
 * The kernels over these vectors, as a round calls them: int4, all neighbours fresh (they share one reference), a
 * quarter of them feared. `quantise` writes into a payload that it is given; a round of a real peer allocates that one,
 * because it is handed over to another thread.
 */
export function kernelsOver({ target, reference, copies }: BenchVectors): Kernel[] {
  const random = createRandom(1)
  const payload = new Uint8Array(payloadBytes('int4', target.length))
  const weight = 1 / (1 + copies.length)
  const neighbours = copies.map((copy) => ({ copy, reference, weight }))
  const context = { gamma: 1, b: Math.floor(copies.length / 4), mixedBefore: [] }
  const rules = Object.entries(RULES).map(([name, ruleName]): Kernel => {
    const rule = createRobustRule(ruleName)
    return { name, inputs: copies.length + 2, run: () => rule.addTo(target, neighbours, context) }
  })
  return [
    { name: 'quantise', inputs: 2, run: () => void quantise('int4', copies[0]!, reference, random, payload) },
    { name: 'absorb', inputs: 1, run: () => void applyPayload('int4', payload, target) },
    ...rules
  ]
}
