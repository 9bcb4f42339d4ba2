import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Averager, type AveragingRules, createRandom } from '../../../../protocols/averaging/index.ts'
import { RULES } from './rules.ts'

/** ALGORITHMS 3: mu .9, kappa .5, drift 1 at t = 0 only, W = 1. */
const IMPULSE_RESPONSE = [1, 1.45, 1.8775, 2.283625, 2.66944375, 3.0359715625]

/** ALGORITHMS 3: DiLoCo's outer Nesterov (.7 / .9), the same impulse. */
const NESTEROV_RESPONSE = [1.33, 1.897, 2.4073, 2.86657, 3.279913, 3.6519217]

const NESTEROV: AveragingRules = { ...RULES, momentum: 'nesterov', outerStep: 0.7 }

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

suite("DiLoCo's outer momentum", () => {
  test('follows the fixed vector, which heavy ball with the same constants does not', () => {
    assert.ok(isClose(impulseResponse(NESTEROV, 6), NESTEROV_RESPONSE))
    // Heavy ball: m = mu * m + Delta, r = phi + step * m.
    const heavyBall = [0, 1, 2, 3, 4, 5].map((t) => (0.7 * (1 - 0.9 ** (t + 1))) / (1 - 0.9))
    assert.equal(isClose(heavyBall, NESTEROV_RESPONSE), false)
    assert.equal(isClose(impulseResponse({ ...NESTEROV, outerStep: 1 }, 6), NESTEROV_RESPONSE), false)
    assert.equal(isClose(impulseResponse(RULES, 6), NESTEROV_RESPONSE), false)
  })

  test('multiplies a drift by seven in the long run', () => {
    assert.ok(Math.abs(impulseResponse(NESTEROV, 400).at(-1)! - 7) < 1e-3)
  })

  test('takes the step alone where a peer is in no company, and nothing when it closes or has started anew', () => {
    const averager = new Averager({ rules: NESTEROV, parameters: new Float32Array(1), random: createRandom(0) })
    const after = (drift: number | null, withMomentum: boolean) => {
      const trained = drift === null ? null : averager.parameters.map((x) => x + drift)
      averager.publish(trained, { driftWeight: 1, withMomentum })
      averager.mix([])
      return averager.parameters[0]!
    }
    assert.ok(Math.abs(after(1, false) - 0.7) < 1e-6)
    assert.ok(after(0, true) > 1.2, 'while what it remembers would move it in company')
    const closed = after(null, true)
    assert.equal(after(null, true), closed)
    averager.startFrom(Float32Array.of(2))
    assert.equal(after(0, true), 2)
  })

  test('is the same as none where mu is 0 and the step 1', () => {
    const without = impulseResponse({ ...RULES, momentum: 'none' }, 6)
    assert.deepEqual(impulseResponse({ ...NESTEROV, mu: 0, outerStep: 1 }, 6), without)
    assert.deepEqual(without, [1, 1, 1, 1, 1, 1])
  })
})
