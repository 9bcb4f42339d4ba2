import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { Averager, createRandom, meanOf, PayloadError } from '../../../../protocols/averaging/index.ts'
import { medianOf } from '../../../../protocols/averaging/median-of.ts'
import { RULES } from './rules.ts'

const IN_COMPANY = { driftWeight: 1, withMomentum: true }

function averagerOf(...parameters: number[]): Averager {
  return new Averager({ rules: RULES, parameters: Float32Array.from(parameters), random: createRandom(0) })
}

function farthestOf(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!)))
}

suite('averager', () => {
  test('publishes nothing for a model that is not finite or out of bounds, and goes on after a roll-back', () => {
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e6, -1e6]) {
      const averager = averagerOf(1, 2)
      averager.adopt('neighbour', Float32Array.of(3, 4))
      assert.equal(averager.publish(Float32Array.of(bad, 0), IN_COMPANY), null, `${bad}`)
      assert.deepEqual(averager.copy, Float32Array.of(1, 2), 'its public copy stands where it stood')
      averager.rollBack()
      assert.deepEqual(averager.parameters, Float32Array.of(3, 4))
      assert.ok(averager.publish(averager.parameters.slice(), IN_COMPANY))
    }
  })

  test('rolls back to the mean of its views without momentum, and to its own copy when it has none', () => {
    const averager = averagerOf(0, 0)
    averager.publish(Float32Array.of(8, 8), IN_COMPANY)
    averager.mix([])
    averager.rollBack()
    assert.deepEqual(averager.parameters, averager.copy)
    averager.adopt('a', Float32Array.of(1, 2))
    averager.adopt('b', Float32Array.of(3, 6))
    averager.rollBack()
    assert.deepEqual(averager.parameters, Float32Array.of(2, 4))
    averager.publish(averager.parameters.slice(), IN_COMPANY)
    assert.deepEqual(averager.copy, Float32Array.of(2, 4), 'momentum would have carried it further')
  })

  test('rolls back to the median of its views in a robust run, which one liar does not move as it moves the mean', () => {
    const middleUnder = (rule: 'mean' | 'or-cs+', ...views: readonly number[]) => {
      const rules = { ...RULES, rule, b: 1 }
      const averager = new Averager({ rules, parameters: new Float32Array(1), random: createRandom(0) })
      views.forEach((x, i) => {
        averager.adopt(`${i}`, Float32Array.of(x))
      })
      averager.rollBack()
      return averager.parameters[0]!
    }
    assert.equal(middleUnder('or-cs+', 1, 900, 3), 3)
    assert.equal(middleUnder('or-cs+', 1, 900, 3, 2), 2.5)
    assert.ok(middleUnder('mean', 1, 900, 3) > 300)
  })

  test('rolls back without touching a view or the own copy', () => {
    const averager = averagerOf(0)
    averager.adopt('a', Float32Array.of(5))
    averager.rollBack()
    averager.publish(Float32Array.of(6), IN_COMPANY)
    averager.mix([])
    assert.deepEqual(averager.view('a'), Float32Array.of(5))
    averager.forget('a')
    averager.rollBack()
    averager.mix([])
    assert.deepEqual(averager.copy, Float32Array.of(6))
  })

  test('leaves out of a mix what it absorbed after the version that is meant', () => {
    const sender = averagerOf(0, 0)
    const payloads = [3, 5, 9].map((x) => sender.publish(Float32Array.of(x, -x), IN_COMPANY)!.payload)
    const mixedAfter = (absorbed: number, newerDeltas: number) => {
      const averager = averagerOf(1, 1)
      averager.adopt('a', Float32Array.of(0, 0))
      for (const payload of payloads.slice(0, absorbed)) averager.absorb('a', payload)
      averager.mix([{ author: 'a', weight: 0.5, ownDeltasSince: 0, newerDeltas }])
      return [...averager.parameters]
    }
    for (const newer of [0, 1, 2]) {
      const difference = farthestOf(mixedAfter(3, newer), mixedAfter(3 - newer, 0))
      assert.ok(difference < 1e-5, `${newer} newer: ${difference}`)
    }
    assert.deepEqual(mixedAfter(3, 3), mixedAfter(3, 0), 'more than are remembered are not undone')
  })

  test('starts a new chain with model and public copy equal and nothing remembered', () => {
    const averager = averagerOf(0)
    averager.publish(Float32Array.of(4), IN_COMPANY)
    averager.mix([])
    averager.startFrom(Float32Array.of(7))
    averager.publish(averager.parameters.slice(), IN_COMPANY)
    averager.mix([])
    assert.deepEqual(averager.parameters, Float32Array.of(7))
    assert.deepEqual(averager.copy, Float32Array.of(7))
  })

  test('refuses a copy of another length and a delta for a copy that it does not hold', () => {
    const averager = averagerOf(0, 0)
    assert.throws(() => averager.adopt('a', new Float32Array(3)), RangeError)
    assert.throws(() => averager.absorb('a', new Uint8Array(8)), RangeError)
    averager.adopt('a', new Float32Array(2))
    assert.throws(() => averager.absorb('a', new Uint8Array(7)), PayloadError)
  })
})

suite('median of copies', () => {
  test('is the middle one, or the mean of the middle two, in any order', () => {
    assert.deepEqual(medianOf([3, 1, 2].map((x) => Float32Array.of(x, -x))), Float32Array.of(2, -2))
    assert.deepEqual(medianOf([4, 1, 900, 2].map((x) => Float32Array.of(x))), Float32Array.of(3))
    assert.throws(() => medianOf([]), RangeError)
  })
})

suite('mean of copies', () => {
  test('sums in float64 and rounds once, which float32 sums do not', () => {
    const copies = [16_777_216, 1, 1, 1].map((x) => Float32Array.of(x))
    const exact = Math.fround((16_777_216 + 3) / 4)
    const inFloat32 = copies.reduce((sum, [x]) => Math.fround(sum + x!), 0) / 4
    assert.equal(meanOf(copies)[0], exact)
    assert.notEqual(Math.fround(inFloat32), exact)
  })

  test('is not defined for no copies', () => {
    assert.throws(() => meanOf([]), RangeError)
  })
})
