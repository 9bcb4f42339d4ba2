import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  createRandom,
  createRandomFromState,
  InvalidSeedError,
  type Random,
  type RandomState
} from '../../../../protocols/averaging/random.ts'

/** From state 1, 2, 3, 4: the reference implementation's output, as in the tests of Rust's `rand_xoshiro`. */
const REFERENCE = [11520, 0, 5927040, 70819200, 2031721883, 1637235492, 1287239034, 3734860849, 3729100597, 4258142804]

/** Enough that the standard error of a mean, 0.29 / sqrt(n), is below 0.0007. */
const DRAWS = 200_000

function take(random: Random, count: number): number[] {
  return Array.from({ length: count }, () => random.uint32())
}

/** Standard errors by which `draws` miss mean 1/2, mean square 1/3 and lag-one product 1/4 of independent uniforms. */
function uniformityErrors(draws: readonly number[]): number[] {
  const mean = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0) / values.length
  const lagged = draws.slice(1).map((x, i) => (x - 0.5) * (draws[i]! - 0.5))
  const misses: [number, number][] = [
    [mean(draws) - 1 / 2, Math.sqrt(1 / 12)],
    [mean(draws.map((x) => x * x)) - 1 / 3, Math.sqrt(4 / 45)],
    [mean(lagged), 1 / 12]
  ]
  return misses.map(([miss, deviation]) => Math.abs(miss) / (deviation / Math.sqrt(draws.length)))
}

function isUniform(draws: readonly number[]): boolean {
  return uniformityErrors(draws).every((error) => error < 4)
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const products = a.map((x, i) => (x - 0.5) * (b[i]! - 0.5))
  return (12 * products.reduce((sum, product) => sum + product, 0)) / a.length
}

suite('random', () => {
  test('gives the numbers of the reference implementation, which a neighbouring state does not', () => {
    assert.deepEqual(take(createRandomFromState([1, 2, 3, 4]), REFERENCE.length), REFERENCE)
    const swapped: RandomState = [2, 1, 3, 4]
    assert.notDeepEqual(take(createRandomFromState(swapped), REFERENCE.length), REFERENCE)
  })

  test('gives these first numbers for ever, since stored runs are repeated from their seeds', () => {
    assert.deepEqual(take(createRandom(0), 4), [3452445294, 1751611813, 567186167, 3201757142])
    assert.deepEqual(take(createRandom(1), 4), [3421752747, 4172062595, 3486888989, 26370982])
    assert.deepEqual(take(createRandom(2 ** 32), 4), [2166390850, 2055256925, 412675217, 2242624281])
    assert.deepEqual(take(createRandom(1).fork('batch'), 4), [3567262484, 226055724, 3905972732, 1172894268])
    assert.deepEqual(take(createRandom(1).fork(3), 4), [3142918888, 1100952178, 1241783925, 3246127443])
  })

  test('repeats itself for a seed and differs for another', () => {
    const seeds = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER })
    fc.assert(
      fc.property(seeds, seeds, (a, b) => {
        assert.deepEqual(take(createRandom(a), 5), take(createRandom(a), 5))
        if (a !== b) assert.notDeepEqual(take(createRandom(a), 5), take(createRandom(b), 5))
      }),
      { seed: 1 }
    )
  })

  test('draws uniform, independent numbers, unlike a counter or a sum of two draws', () => {
    for (const seed of [0, 1, 2, 2 ** 40]) {
      const random = createRandom(seed)
      assert.ok(isUniform(Array.from({ length: DRAWS }, random.next)), `seed ${seed}`)
    }
    const random = createRandom(1)
    const counter = Array.from({ length: DRAWS }, (_, i) => i / DRAWS)
    const sums = Array.from({ length: DRAWS }, () => (random.next() + random.next()) / 2)
    assert.equal(isUniform(counter), false)
    assert.equal(isUniform(sums), false)
  })

  test('stays on [0, 1) and on whole 32-bit words', () => {
    const random = createRandom(5)
    for (let i = 0; i < 10_000; i++) {
      const x = random.next()
      assert.ok(x >= 0 && x < 1)
      const word = random.uint32()
      assert.ok(Number.isInteger(word) && word >= 0 && word < 2 ** 32)
    }
  })

  test('forks the same stream however much was drawn before', () => {
    const fresh = createRandom(9)
    const used = createRandom(9)
    take(used, 1000)
    assert.deepEqual(take(fresh.fork('a'), 5), take(used.fork('a'), 5))
  })

  test('forks streams that are not correlated with each other or with their parent, as a copy would be', () => {
    const parent = createRandom(4)
    const draw = (random: Random): number[] => Array.from({ length: 20_000 }, random.next)
    const streams = [
      parent,
      parent.fork(0),
      parent.fork(1),
      parent.fork('0'),
      parent.fork('a'),
      parent.fork('a').fork('a')
    ]
    const drawn = streams.map(draw)
    const limit = 4 / Math.sqrt(20_000)
    for (const [i, a] of drawn.entries()) {
      for (const b of drawn.slice(i + 1)) assert.ok(Math.abs(correlation(a, b)) < limit)
    }
    assert.ok(correlation(draw(createRandom(4)), draw(createRandom(4))) > limit)
  })

  test('draws many at once as it draws one by one, and goes on from there', () => {
    const [one, many] = [createRandom(5), createRandom(5)]
    for (const count of [0, 1, 7, 256]) {
      const words = new Uint32Array(256)
      many.fill(words, count)
      assert.deepEqual([...words.subarray(0, count)], Array.from({ length: count }, one.uint32))
      assert.ok(words.subarray(count).every((word) => word === 0))
      assert.equal(many.next(), one.next())
    }
    one.next()
    assert.notEqual(many.next(), one.next(), 'a draw apart')
  })

  test('refuses seeds that are no whole numbers from 0 up', () => {
    for (const seed of [-1, 0.5, Number.NaN, 2 ** 53]) {
      assert.throws(() => createRandom(seed), InvalidSeedError)
    }
  })
})
