import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Averager, type AveragingRules, createRandom } from '../../../../protocols/averaging/index.ts'
import { RULES } from './rules.ts'

/** ALGORITHMS 3: mu .9, kappa .5, drift 1 at t = 0 only, W = 1. */
const IMPULSE_RESPONSE = [1, 1.45, 1.8775, 2.283625, 2.66944375, 3.0359715625]

/** Own model after each round of a peer without neighbours, which drifts by 1 in the first round only. */
function impulseResponse(rules: AveragingRules, rounds: number): number[] {
  const averager = new Averager({ rules, parameters: new Float32Array(1), random: createRandom(0) })
  return Array.from({ length: rounds }, (_, t) => {
    const trained = averager.parameters.map((x) => (t === 0 ? x + 1 : x))
    averager.publish(trained, { driftWeight: 1, withMomentum: true })
    averager.mix([])
    return averager.parameters[0]!
  })
}

/** Within the rounding of six float32 sums of numbers up to 4. */
function isClose(actual: readonly number[], expected: readonly number[]): boolean {
  return actual.every((value, i) => Math.abs(value - expected[i]!) < 4e-6)
}

suite('quasi-global momentum', () => {
  test('follows the fixed vector, which heavy ball (kappa = 1) does not', () => {
    assert.ok(isClose(impulseResponse(RULES, 6), IMPULSE_RESPONSE))
    assert.equal(isClose(impulseResponse({ ...RULES, kappa: 1 }, 6), IMPULSE_RESPONSE), false)
  })

  test('multiplies a drift by ten in the long run, and by one when it is off', () => {
    assert.ok(Math.abs(impulseResponse(RULES, 400).at(-1)! - 10) < 1e-3)
    assert.equal(impulseResponse({ ...RULES, mu: 0 }, 400).at(-1), 1)
  })

  test('does not move a peer that is alone or closing', () => {
    const averager = new Averager({ rules: RULES, parameters: new Float32Array(1), random: createRandom(0) })
    averager.publish(Float32Array.of(1), { driftWeight: 1, withMomentum: true })
    averager.mix([])
    averager.publish(averager.parameters.slice(), { driftWeight: 1, withMomentum: false })
    averager.mix([])
    assert.equal(averager.parameters[0], 1)
    averager.publish(null, { driftWeight: 1, withMomentum: true })
    averager.mix([])
    assert.equal(averager.parameters[0], 1)
    averager.publish(averager.parameters.slice(), { driftWeight: 1, withMomentum: true })
    assert.ok(averager.copy[0]! > 1, 'while it would move one in company')
  })

  test('weights the drift but not the momentum', () => {
    const averager = new Averager({ rules: RULES, parameters: new Float32Array(1), random: createRandom(0) })
    averager.publish(Float32Array.of(1), { driftWeight: 0.5, withMomentum: true })
    assert.equal(averager.copy[0], 0.5)
  })
})
