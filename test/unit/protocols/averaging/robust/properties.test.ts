import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import {
  createRandom,
  createRobustRule,
  ROBUST_RULES,
  type RobustRule
} from '../../../../../protocols/averaging/index.ts'
import type { Neighbour } from '../../../../../protocols/averaging/robust/index.ts'
import { addAll } from '../../../../../protocols/averaging/weighted-sum.ts'
import { isAt, moved, neighboursAt, randomNeighbours, shuffled } from './neighbours.ts'

/** Longer than a block of every kernel, and no multiple of any. */
const LENGTH = 4099

/** Sums of up to nine float32 numbers of size up to ten. */
const TOLERANCE = 1e-5

/** A rule that depends on the order: it trusts the first neighbour only. */
const firstOnly: RobustRule = {
  addTo: (target, neighbours, { gamma }) =>
    createRobustRule('mean').addTo(target, neighbours.slice(0, 1), { gamma, b: 0, mixedBefore: [] })
}

function isInvariant(rule: RobustRule, seed: number, k: number): boolean {
  const neighbours = randomNeighbours(createRandom(seed), k, LENGTH)
  const b = Math.floor(k / 4)
  return isAt(moved(rule, shuffled(neighbours, seed), { b }), moved(rule, neighbours, { b }), TOLERANCE)
}

suite('robust rules', () => {
  for (const name of ROBUST_RULES) {
    test(`${name} does not ask in which order neighbours come`, () => {
      fc.assert(
        fc.property(fc.nat(), fc.integer({ min: 1, max: 9 }), (seed, k) => {
          assert.ok(isInvariant(createRobustRule(name), seed, k))
        }),
        { seed: 1, numRuns: 20 }
      )
    })

    test(`${name} gives the same again with its scratch in use, for fewer and for more neighbours`, () => {
      const rule = createRobustRule(name)
      // With seven neighbours the rule that remembers has seen the largest median: it gives the same as without memory.
      for (const k of name === 'or-memory' ? [2, 3, 5, 7] : [8, 3, 9, 8]) {
        const neighbours = randomNeighbours(createRandom(k), k, LENGTH)
        assert.deepEqual(moved(rule, neighbours, { b: 1 }), moved(name, neighbours, { b: 1 }))
      }
    })

    test(`${name} moves nobody in no company, and towards company by gamma`, () => {
      assert.deepEqual(moved(name, [], { mixedBefore: neighboursAt([[5, 5]]) }), [0, 0])
      const neighbours = randomNeighbours(createRandom(2), 8, 3)
      const whole = moved(name, neighbours)
      assert.ok(
        isAt(
          moved(name, neighbours, { gamma: 0.25 }),
          whole.map((x) => x / 4),
          TOLERANCE
        )
      )
    })
  }

  test('that do ask for the order are found out', () => {
    assert.equal(isInvariant(firstOnly, 1, 8), false)
  })

  for (const name of ROBUST_RULES.filter((name) => name !== 'mean')) {
    test(`${name} lets one liar among eight pull no farther than ten honest distances, which the mean does not`, () => {
      const honest = randomNeighbours(createRandom(3), 7, LENGTH).map((each) => ({ ...each, weight: 1 / 9 }))
      const liar: Neighbour = { ...honest[0]!, copy: honest[0]!.copy.map(() => 1e6), weight: 1 / 9 }
      const largest = (rule: typeof name | 'mean') => Math.max(...moved(rule, [...honest, liar]).map(Math.abs))
      assert.ok(largest(name) < 100, `${largest(name)}`)
      assert.ok(largest('mean') > 1e5)
    })
  }

  test('with nobody to fear agree with the mean, where they are clipped or filtered means', () => {
    const neighbours = randomNeighbours(createRandom(4), 8, LENGTH).map((each) => ({ ...each, weight: 1 / 9 }))
    const mean = moved('mean', neighbours)
    for (const name of ['cs+', 'clipped-gossip', 'nna', 'trimmed-mean'] as const) {
      assert.ok(isAt(moved(name, neighbours, { b: 0 }), mean, TOLERANCE), name)
    }
    assert.equal(isAt(moved('median', neighbours, { b: 0 }), mean, TOLERANCE), false)
  })
})

suite('a weighted sum', () => {
  test('is the sum in float64 for every number of addends', () => {
    for (let count = 0; count <= 9; count++) {
      const neighbours = randomNeighbours(createRandom(5), count, 7)
      const target = new Float32Array(7).fill(3)
      const addends = neighbours.map(({ copy, weight }) => ({ vector: copy, factor: weight }))
      addAll(target, addends)
      const expected = target.map((_, i) => addends.reduce((sum, { vector, factor }) => sum + factor * vector[i]!, 3))
      assert.ok(isAt([...target], [...expected], TOLERANCE), `${count} addends`)
      assert.equal(count > 0 && isAt([...target], new Array(7).fill(3), TOLERANCE), false)
    }
  })
})
