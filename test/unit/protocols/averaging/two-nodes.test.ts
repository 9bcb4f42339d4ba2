import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Averager, createRandom, DriftCorrection } from '../../../../protocols/averaging/index.ts'
import { RULES } from './rules.ts'

// ALGORITHMS 3: f1 = (x - 1)^2 / 2, f2 = 3 (x + 1)^2 / 2, W = [[.75, .25], [.25, .75]], learning rate .1.
const GRADIENTS = [(x: number) => x - 1, (x: number) => 3 * (x + 1)] as const
const WEIGHT = 0.25
const LEARNING_RATE = 0.1
const ROUNDS = 400

const D_PSGD = [-0.304347826, -0.565217391]
const MIXING_FIRST = [-0.153846154, -0.615384615]
const TRACKING = [-0.5, -0.5]

/** Float32 models of size one, after enough rounds that only rounding is left. */
const TOLERANCE = 1e-6

function isAt(actual: readonly number[], expected: readonly number[]): boolean {
  return actual.every((x, i) => Math.abs(x - expected[i]!) < TOLERANCE)
}

/** Where two peers end that train on f1 and f2 and mix each round; `correct` adds to their gradients. */
function endOfTwoPeers(withTracking: boolean): number[] {
  const create = () => {
    const rules = { ...RULES, mu: 0 }
    const averager = new Averager({ rules, parameters: new Float32Array(1), random: createRandom(0) })
    averager.adopt('other', new Float32Array(1))
    const tracking = new DriftCorrection({ zeros: new Float32Array(1), steps: 1, learningRate: LEARNING_RATE })
    return { averager, tracking }
  }
  const peers = [create(), create()] as const
  for (let round = 0; round < ROUNDS; round++) {
    const published = peers.map(({ averager, tracking }, i) => {
      const before = averager.parameters.slice()
      const trained = before.map((x) => x - LEARNING_RATE * (GRADIENTS[i]!(x) + tracking.correction[0]!))
      const { payload } = averager.publish(trained, { driftWeight: 1, withMomentum: false })!
      return { payload, gradient: tracking.measure(before, trained) }
    })
    peers.forEach(({ averager, tracking }, i) => {
      const [own, other] = [published[i]!, published[1 - i]!]
      averager.absorb('other', other.payload)
      averager.mix([{ author: 'other', weight: WEIGHT, ownDeltasSince: 0 }])
      if (withTracking) tracking.correct(own.gradient, [{ gradient: other.gradient, weight: WEIGHT }])
    })
  }
  return peers.map(({ averager }) => averager.parameters[0]!)
}

/** The other order, W x - learningRate * gradient: not what a peer does. */
function endOfMixingFirst(): number[] {
  let [one, two] = [0, 0]
  for (let round = 0; round < ROUNDS; round++) {
    const mixed = [one + WEIGHT * (two - one), two + WEIGHT * (one - two)] as const
    one = mixed[0] - LEARNING_RATE * GRADIENTS[0](one)
    two = mixed[1] - LEARNING_RATE * GRADIENTS[1](two)
  }
  return [one, two]
}

suite('two peers with unlike data', () => {
  test('end where D-PSGD does: the averager mixes after training, not before', () => {
    const end = endOfTwoPeers(false)
    assert.ok(isAt(end, D_PSGD), `${end}`)
    assert.equal(isAt(endOfMixingFirst(), D_PSGD), false)
    assert.ok(isAt(endOfMixingFirst(), MIXING_FIRST))
    assert.equal(isAt(end, MIXING_FIRST), false)
  })

  test('end at the optimum of the sum under drift correction, and not without', () => {
    const end = endOfTwoPeers(true)
    assert.ok(isAt(end, TRACKING), `${end}`)
    assert.equal(isAt(endOfTwoPeers(false), TRACKING), false)
  })
})
