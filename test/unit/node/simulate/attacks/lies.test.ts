import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { adaptive } from '../../../../../node/simulate/attacks/adaptive.ts'
import { alie } from '../../../../../node/simulate/attacks/alie.ts'
import { dissensus } from '../../../../../node/simulate/attacks/dissensus.ts'
import type { FlockView } from '../../../../../node/simulate/attacks/flock-view.ts'
import { freeRider } from '../../../../../node/simulate/attacks/free-rider.ts'
import { gaussian } from '../../../../../node/simulate/attacks/gaussian.ts'
import { innerProduct } from '../../../../../node/simulate/attacks/inner-product.ts'
import type { Lie } from '../../../../../node/simulate/attacks/lying-vectors.ts'
import { scaling } from '../../../../../node/simulate/attacks/scaling.ts'
import { signFlip } from '../../../../../node/simulate/attacks/sign-flip.ts'
import { createRandom, meanOf, median } from '../../../../../protocols/averaging/index.ts'
import { vectorFrom } from '../../../protocols/averaging/rules.ts'

const at = (...values: number[]) => Float32Array.from(values)

/** Four honest peers whose mean went from (0, 0) to (4, 0); the attacker would have gone from (1, 1) to (2, 3). */
const VIEW: FlockView = {
  own: at(2, 3),
  ownBefore: at(1, 1),
  said: at(9, 9),
  honest: [at(3, 0), at(5, 0), at(4, 2), at(4, -2)],
  neighbours: [at(5, 0), at(4, 2)],
  mean: at(4, 0),
  meanBefore: at(0, 0)
}

const tell = (lie: Lie, view = VIEW, initial = at(0, 0)) => lie(view, { random: createRandom(1), initial })

suite('a lie', () => {
  const lies: readonly [what: string, lie: Lie, expected: readonly number[]][] = [
    ['adds the own step the wrong way round to what it said', signFlip(1), [8, 7]],
    ['reverses it ten times as long', signFlip(10), [-1, -11]],
    ['lengthens it a thousand times', scaling(1000), [1001, 2001]],
    ['reverses the step of the mean, and a bit', innerProduct, [-4.4, 0]],
    ['stays 1.5 deviations below the mean', alie, [4 - 1.5 * Math.SQRT1_2, -1.5 * Math.SQRT2]],
    ['drives its neighbours four times as far from the rest', dissensus, [4.5 + 4 * 0.5, 1 + 4]],
    ['says nothing new', freeRider, [9, 9]]
  ]

  for (const [what, lie, expected] of lies) {
    test(what, () => {
      for (const [i, x] of tell(lie).entries()) assert.ok(Math.abs(x - expected[i]!) < 1e-4, `${x} at ${i}`)
      assert.notDeepEqual(tell(lie), VIEW.own)
    })
  }

  test('buries the truth in noise of deviation 1, another each time', () => {
    const own = new Float32Array(4000)
    const random = createRandom(3)
    const noise = gaussian({ ...VIEW, own }, { random, initial: own })
    const square = noise.reduce((sum, x) => sum + x * x, 0) / noise.length
    assert.ok(Math.abs(square - 1) < 0.1, `${square}`)
    assert.notDeepEqual(gaussian({ ...VIEW, own }, { random, initial: own }), noise)
  })

  test('stays at 1.9 median distances of half of its neighbours, on the way back to the initial weights', () => {
    const random = createRandom(5)
    const honest = Array.from({ length: 16 }, () => vectorFrom(random, 50))
    const mean = meanOf(honest)
    const initial = vectorFrom(random, 50)
    const neighbours = honest.slice(0, 8)
    const view = { ...VIEW, honest, neighbours, mean }
    const ratios = (told: Float32Array) =>
      neighbours.map((receiver) => {
        const others = honest.filter((other) => other !== receiver)
        return distance(told, receiver) / median(others.map((other) => distance(other, receiver)))!
      })
    const isJustWithin = (told: Float32Array) => Math.abs(median(ratios(told))! - 1.9) < 0.05
    const told = tell(adaptive(0), view, initial)
    assert.ok(isJustWithin(told), `${ratios(told)}`)
    const against = told.reduce((sum, x, i) => sum + (x - mean[i]!) * (mean[i]! - initial[i]!), 0)
    assert.ok(against < 0)
    // The control: the honest mean itself is no such point.
    assert.equal(isJustWithin(mean), false)
  })

  test('remembers what distance was usual, as far as the rule does', () => {
    const shrunk = { ...VIEW, ...at10th(VIEW) }
    const reach = (memory: number) => {
      const lie = adaptive(memory)
      tell(lie)
      return distance(tell(lie, shrunk), shrunk.mean)
    }
    assert.ok(reach(0.98) > 5 * reach(0), `${reach(0.98)} with memory, ${reach(0)} without`)
  })
})

/** The flock ten times as close together around its mean. */
function at10th({ honest, neighbours, mean }: FlockView): Pick<FlockView, 'honest' | 'neighbours'> {
  const closer = (model: Float32Array) => model.map((x, i) => mean[i]! + (x - mean[i]!) / 10)
  return { honest: honest.map(closer), neighbours: neighbours.map(closer) }
}

function distance(one: Float32Array, other: Float32Array): number {
  return Math.hypot(...one.map((x, i) => x - other[i]!))
}
