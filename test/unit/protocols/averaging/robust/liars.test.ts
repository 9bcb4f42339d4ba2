import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import {
  Averager,
  createRandom,
  metropolisWeight,
  ROBUST_RULES,
  type RobustRuleName
} from '../../../../../protocols/averaging/index.ts'
import { meanIn64, variance } from '../lock-step.ts'
import { RULES, vectorFrom } from '../rules.ts'

const LENGTH = 64
const HONEST = 8
const LIARS = 2
const ROUNDS = 30

/** Where a liar goes, from the mean of the honest models and the number of the round. */
type Lie = (mean: Float64Array, round: number) => Float32Array

const LIES: Readonly<Record<string, Lie>> = {
  'ten times the opposite': (mean) => Float32Array.from(mean, (x) => -10 * x),
  'a thousand times the mean': (mean) => Float32Array.from(mean, (x) => 1000 * x),
  noise: (mean, round) => vectorFrom(createRandom(round), mean.length, 100)
}

/**
 * Honest peers and liars who all know each other and only average, in lock-step: what is left of the honest peers'
 * disagreement, and how far their mean moved, in units of a peer's distance from it at the start.
 */
function average(rule: RobustRuleName, lie: Lie): { disagreement: number; moved: number } {
  const random = createRandom(1)
  const peers = Array.from({ length: HONEST + LIARS }, (_, i) => {
    const parameters = vectorFrom(random, LENGTH).map((x) => x + 1)
    return new Averager({ rules: { ...RULES, mu: 0, rule, b: LIARS }, parameters, random: random.fork(i) })
  })
  for (const [i, peer] of peers.entries()) {
    for (const [j, other] of peers.entries()) if (j !== i) peer.adopt(`${j}`, other.copy.slice())
  }
  const honest = () => peers.slice(0, HONEST).map(({ parameters }) => parameters)
  const before = { variance: variance(honest()), mean: meanIn64(honest()) }
  const weight = metropolisWeight(peers.length - 1, peers.length - 1)
  for (let round = 0; round < ROUNDS; round++) {
    const lies = lie(meanIn64(honest()), round)
    const deltas = peers.map((peer, i) =>
      peer.publish(i < HONEST ? null : lies, { driftWeight: 1, withMomentum: false })
    )
    for (const [i, peer] of peers.entries()) {
      const others = deltas.flatMap((delta, j) => (j === i || delta === null ? [] : [{ author: `${j}`, ...delta }]))
      for (const { author, payload } of others) peer.absorb(author, payload)
      peer.mix(others.map(({ author }) => ({ author, weight, ownDeltasSince: 0 })))
    }
  }
  const mean = meanIn64(honest())
  const moved = Math.sqrt(mean.reduce((sum, x, i) => sum + (x - before.mean[i]!) ** 2, 0))
  return { disagreement: variance(honest()) / before.variance, moved: moved / Math.sqrt(before.variance / HONEST) }
}

suite('eight honest peers among two liars', () => {
  for (const [what, lie] of Object.entries(LIES)) {
    for (const rule of ROBUST_RULES.filter((name) => name !== 'mean')) {
      test(`agree through ${rule} within a spread of where they were, where liars send ${what}`, () => {
        const { disagreement, moved } = average(rule, lie)
        assert.ok(disagreement < 1e-10, `${disagreement} of the disagreement is left`)
        // Measured: at most .88 (Krum, which takes one peer's model for all).
        assert.ok(moved < 1, `moved by ${moved}`)
      })
    }

    test(`follow through the plain mean liars who send ${what}`, () => {
      assert.ok(average('mean', lie).moved > 10)
    })
  }

  test('do not move at all through OR-CS+ and nearest neighbours, which drop far liars, while clipping lets them pull', () => {
    for (const lie of Object.values(LIES)) {
      for (const rule of ['or-cs+', 'nna'] as const) assert.ok(average(rule, lie).moved < 1e-5)
      assert.ok(average('cs+', lie).moved > 0.1)
    }
  })
})
