import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  Averager,
  type AveragingRules,
  createRandom,
  HISTORY_DELTAS,
  type MixTerm
} from '../../../../protocols/averaging/index.ts'
import { RULES, vectorFrom } from './rules.ts'

const LENGTH = 300

/** Sums of a dozen float32 numbers of size up to ten. */
const TOLERANCE = 2e-5

interface Oracle {
  readonly rules: AveragingRules
  /** `r`: what the own model was before mixing. */
  readonly r: Float64Array
  /** Own public copies, oldest first; the last one is `a`. */
  readonly copies: readonly Float32Array[]
  readonly views: ReadonlyMap<string, Float32Array>
}

/** `phi' = r + gamma * sum of s_j * (a_j - (a - beta * (a - a@heardAt_j)))`, by the letter and in float64. */
function mixed({ rules, r, copies, views }: Oracle, terms: readonly MixTerm[]): Float64Array {
  const a = copies.at(-1)!
  return r.map((value, i) => {
    let sum = value
    for (const { author, weight, ownDeltasSince } of terms) {
      const heardAt = copies.at(-1 - ownDeltasSince)!
      const reference = a[i]! - rules.beta * (a[i]! - heardAt[i]!)
      sum += rules.gamma * weight * (views.get(author)![i]! - reference)
    }
    return sum
  })
}

/** A peer after `rounds` rounds, which mixes `terms` in the last one; and what the oracle expects of it. */
function play(rules: AveragingRules, rounds: number, terms: readonly MixTerm[], seed: number) {
  const random = createRandom(seed)
  const averager = new Averager({ rules, parameters: vectorFrom(random, LENGTH), random: random.fork('rounding') })
  const views = new Map(terms.map(({ author }) => [author, vectorFrom(random, LENGTH)]))
  for (const [author, view] of views) averager.adopt(author, view.slice())
  const copies = [averager.copy.slice()]
  let momentum = new Float64Array(LENGTH)
  let expected = new Float64Array(LENGTH)
  for (let round = 0; round < rounds; round++) {
    const phi = averager.parameters.slice()
    const trained = phi.map((x) => x + random.next() - 0.5)
    averager.publish(trained, { driftWeight: 1.25, withMomentum: true })
    copies.push(averager.copy.slice())
    const r = momentum.map((m, i) => phi[i]! + 1.25 * (trained[i]! - phi[i]!) + rules.mu * m)
    const now = round === rounds - 1 ? terms : []
    averager.mix(now)
    expected = Float64Array.from(mixed({ rules, r, copies, views }, now))
    momentum = Float64Array.from(momentum, (m, i) => (1 - rules.kappa) * m + rules.kappa * (expected[i]! - phi[i]!))
  }
  return { actual: averager.parameters, expected }
}

/** Whether a peer under `rules` does what the oracle says of a peer under `oracle`. */
function agrees(actual: Float32Array, expected: Float64Array): boolean {
  return actual.every((x, i) => Math.abs(x - expected[i]!) < TOLERANCE)
}

const terms = fc
  .array(fc.tuple(fc.double({ min: 0.01, max: 0.3, noNaN: true }), fc.nat(HISTORY_DELTAS)), { maxLength: 6 })
  .map((pairs) => pairs.map(([weight, ownDeltasSince], i) => ({ author: `peer ${i}`, weight, ownDeltasSince })))

suite('mixing with delay compensation', () => {
  test('is the formula of the specification, for every codec, staleness, number of neighbours and way', () => {
    const codec = fc.constantFrom('f32' as const, 'f16' as const, 'int8' as const, 'int4' as const)
    // CS+ that fears nobody is the mean, and goes the way of the robust rules.
    const rule = fc.constantFrom('mean' as const, 'cs+' as const)
    const constants = fc.record({ beta: fc.constantFrom(0, 0.5, 1), gamma: fc.constantFrom(0.4, 1), rule })
    fc.assert(
      fc.property(codec, constants, terms, fc.nat(), (codec, constants, terms, seed) => {
        const rounds = HISTORY_DELTAS + 2
        const { actual, expected } = play({ ...RULES, ...constants, codec }, rounds, terms, seed)
        assert.ok(agrees(actual, expected))
      }),
      { seed: 1, numRuns: 60 }
    )
  })

  test('is not the formula with another beta, or for versions that were heard at another time', () => {
    const terms = [
      { author: 'a', weight: 0.3, ownDeltasSince: 2 },
      { author: 'b', weight: 0.2, ownDeltasSince: 5 }
    ]
    const { expected } = play(RULES, 10, terms, 1)
    const rightly = play(RULES, 10, terms, 1)
    const withoutBeta = play({ ...RULES, beta: 0 }, 10, terms, 1)
    const heardNow = play(
      RULES,
      10,
      terms.map((term) => ({ ...term, ownDeltasSince: 0 })),
      1
    )
    const oneLater = play(
      RULES,
      10,
      terms.map((term) => ({ ...term, ownDeltasSince: term.ownDeltasSince - 1 })),
      1
    )
    assert.ok(agrees(rightly.actual, expected))
    for (const wrong of [withoutBeta, heardNow, oneLater]) assert.equal(agrees(wrong.actual, expected), false)
  })

  test('leaves out a neighbour whose copy is gone meanwhile', () => {
    const averager = new Averager({ rules: RULES, parameters: new Float32Array(2), random: createRandom(0) })
    averager.publish(Float32Array.of(1, 1), { driftWeight: 1, withMomentum: false })
    averager.mix([{ author: 'gone', weight: 0.5, ownDeltasSince: 1 }])
    assert.deepEqual(averager.parameters, Float32Array.of(1, 1))
  })
})
