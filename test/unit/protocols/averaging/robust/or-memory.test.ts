import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRobustRule, type RobustRule, type RobustRuleName } from '../../../../../protocols/averaging/index.ts'
import { isAt, moved, neighboursAt } from './neighbours.ts'

/** Eight unlike neighbours, all at distance 1. */
const UNLIKE = neighboursAt([0, 1, 2, 3, 4, 5, 6, 7].map((j) => [Math.cos(j), Math.sin(j)]))

/** Seven that have nothing to learn any more, and one that still does. */
const ONE_LEARNS = neighboursAt([...Array.from({ length: 7 }, () => [0.01, 0]), [0, 0.9]])

/** The rule after it has seen unlike neighbours once. */
function seasoned(name: RobustRuleName): RobustRule {
  const rule = createRobustRule(name)
  moved(rule, UNLIKE)
  return rule
}

suite('outlier rejection with a memory', () => {
  test('listens to the one neighbour that still learns, where OR-CS+ drops it (control)', () => {
    // .35 of what was usual, 1 less two percent.
    const expected = [0.07 / 9, (0.35 * 0.98) / 9]
    assert.ok(isAt(moved(seasoned('or-memory'), ONE_LEARNS), expected))
    assert.equal(isAt(moved(seasoned('or-cs+'), ONE_LEARNS), expected, 0.01), false)
  })

  test('drops the same neighbour where it never saw a reason for such a distance (control)', () => {
    assert.ok(isAt(moved('or-memory', ONE_LEARNS), [(0.35 * 0.07) / 9, 0]))
  })

  test('forgets two percent a mix: distances that were usual once are outliers 51 mixes later', () => {
    const rule = seasoned('or-memory')
    for (let mix = 0; mix < 50; mix++) moved(rule, ONE_LEARNS)
    // .98^51 is .36: twice that is less than .9.
    assert.ok(isAt(moved(rule, ONE_LEARNS), [0.07 / 9, 0]))
  })

  test('clips to a third of the usual distance, and drops beyond twice that', () => {
    const rule = seasoned('or-memory')
    const liarAt = (distance: number) => neighboursAt([...Array.from({ length: 7 }, () => [0, 0]), [distance, 0]])
    assert.ok(isAt(moved(rule, liarAt(1.9)), [(0.35 * 0.98) / 9, 0]))
    assert.ok(isAt(moved(rule, liarAt(2.1)), [0, 0]))
  })

  test('remembers nothing of what a minority claims', () => {
    const rule = createRobustRule('or-memory')
    moved(rule, neighboursAt([...Array.from({ length: 5 }, () => [0.01, 0]), [50, 0], [60, 0], [70, 0]]))
    assert.ok(isAt(moved(rule, ONE_LEARNS), [(0.35 * 0.07) / 9, 0]))
  })

  test('remembers nothing of what half of the neighbours claim, where the budget counts on liars', () => {
    const half = neighboursAt([...Array.from({ length: 4 }, () => [0.01, 0]), [50, 0], [60, 0], [70, 0], [80, 0]])
    const afterHalf = (b: number) => {
      const rule = createRobustRule('or-memory')
      moved(rule, half, { b })
      return moved(rule, ONE_LEARNS, { b })
    }
    assert.ok(isAt(afterHalf(2), [(0.35 * 0.07) / 9, 0]))
    // The control: who counts on none takes their distances for usual.
    assert.ok(isAt(afterHalf(0), [0.07 / 9, 0.9 / 9]))
  })
})
