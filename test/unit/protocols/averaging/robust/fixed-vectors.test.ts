import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { RobustRuleName } from '../../../../../protocols/averaging/index.ts'
import type { Neighbour } from '../../../../../protocols/averaging/robust/index.ts'
import { isAt, moved, neighboursAt, type Setting, SIX } from './neighbours.ts'

interface FixedVector {
  readonly rule: RobustRuleName
  readonly expected: readonly [number, number]
  /** What the same assertion must reject. */
  readonly control: { readonly what: string; readonly rule: RobustRuleName; readonly setting?: Setting }
}

/**
 * b = 1. Mean, CS+, nearest neighbours, median and OR-CS+ are ALGORITHMS 3; the others worked by hand:
 * trimmed mean of x {0,0,0,1,2} and y {0,0,0,0,1}; clipped gossip delta = 1/7, tau^2 = 7 * (4 * 1 + 8) / 7 = 12, so that
 * (2,2) stays and (100,0) becomes (sqrt 12, 0); Krum's scores are 4 for the origin and at least 9 for anybody else.
 */
const VECTORS: readonly FixedVector[] = [
  {
    rule: 'mean',
    expected: [14.571429, 0.285714],
    control: { what: 'CS+ is not', rule: 'cs+' }
  },
  {
    rule: 'cs+',
    expected: [0.243872397, 0.101015254],
    control: { what: 'clipping a weight of b is not', rule: 'cs+', setting: { b: 0.5 } }
  },
  {
    rule: 'nna',
    expected: [1 / 3, 1 / 3],
    control: { what: 'dropping two is not', rule: 'nna', setting: { b: 2 } }
  },
  {
    rule: 'median',
    expected: [0, 0],
    control: { what: 'the trimmed mean is not', rule: 'trimmed-mean' }
  },
  {
    rule: 'or-cs+',
    expected: [0, 0],
    control: { what: 'CS+ without rejection is not', rule: 'cs+' }
  },
  {
    rule: 'or-memory',
    expected: [0, 0],
    control: { what: 'CS+ without rejection is not', rule: 'cs+' }
  },
  {
    rule: 'trimmed-mean',
    expected: [0.6, 0.2],
    control: { what: 'trimming nobody is not', rule: 'trimmed-mean', setting: { b: 0 } }
  },
  {
    rule: 'clipped-gossip',
    expected: [(2 + Math.sqrt(12)) / 7, 2 / 7],
    control: { what: 'clipping nobody is not', rule: 'clipped-gossip', setting: { b: 0 } }
  },
  {
    rule: 'krum',
    expected: [0, 0],
    control: { what: 'the mean is not', rule: 'mean' }
  }
]

suite('robust rules on the fixed vector', () => {
  for (const { rule, expected, control } of VECTORS) {
    test(`${rule} moves to (${expected.map((x) => x.toFixed(3))}), where ${control.what}`, () => {
      const neighbours = neighboursAt(SIX)
      assert.ok(isAt(moved(rule, neighbours), expected), `${moved(rule, neighbours)}`)
      assert.equal(isAt(moved(control.rule, neighbours, control.setting), expected), false)
    })
  }

  test('Krum moves to the neighbour in the middle of a crowd, with all of its weight', () => {
    const crowd = neighboursAt([
      [10, 0],
      [11, 0],
      [12, 0],
      [11, 1],
      [-50, 3]
    ])
    // n = 6, b = 1: three nearest count. (11, 0): 1 + 1 + 1 = 3; (11, 1): 1 + 2 + 2 = 5; (10, 0) and (12, 0): 1 + 2 + 4.
    assert.deepEqual(moved('krum', crowd), [11, 0])
    assert.deepEqual(moved('krum', crowd, { gamma: 0.5 }), [5.5, 0])
    assert.notDeepEqual(moved('krum', neighboursAt(SIX)), [11, 0])
  })

  test('CS+ counts weights and not heads: a light liar is clipped less than a heavy one would be', () => {
    const [one, two, three, liar] = neighboursAt([[1], [2], [3], [100]]) as [Neighbour, Neighbour, Neighbour, Neighbour]
    // 2b = 2 times the heaviest, .2: the liar (.2) and the third (.2) are clipped to 2; with light ones also the second.
    const heavy = [one, two, three, liar].map((each) => ({ ...each, weight: 0.2 }))
    assert.ok(isAt(moved('cs+', heavy), [0.2 * (1 + 2 + 2 + 2)]))
    const light = heavy.map((each, j) => ({ ...each, weight: j >= 2 ? 0.1 : 0.2 }))
    assert.ok(isAt(moved('cs+', light), [0.2 * (1 + 1) + 0.1 * (1 + 1)]))
  })

  test('CS+ stands still when all that it could mix may lie', () => {
    const three = neighboursAt([[1], [2], [3]])
    assert.deepEqual(moved('cs+', three, { b: 2 }), [0])
    assert.notDeepEqual(moved('cs+', three, { b: 1 }), [0])
  })
})

suite('outlier rejection', () => {
  const near = [[1], [1.1], [0.9], [1], [1.05]]

  test('judges by versions that were mixed before, and mixes none of them', () => {
    const fresh = neighboursAt([[1], [2.5]])
    const before = neighboursAt(near)
    // Alone, the median of {1, 2.5} is 1.75, nobody is an outlier; with the others it is 1.05 and 2.5 is beyond twice it.
    assert.ok(isAt(moved('or-cs+', fresh, { b: 1, mixedBefore: before }), [1 / 3]))
    assert.equal(isAt(moved('or-cs+', fresh, { b: 1 }), [1 / 3]), false)
  })

  test('lowers the budget by each outlier, also by those that were mixed before', () => {
    const fresh = neighboursAt([[1], [1.5], [1.2]])
    const inFull = [(1 + 1.5 + 1.2) / 4]
    assert.ok(isAt(moved('or-cs+', fresh, { b: 1, mixedBefore: neighboursAt([[100]]) }), inFull))
    assert.equal(isAt(moved('or-cs+', fresh, { b: 1, mixedBefore: neighboursAt([[1]]) }), inFull), false)
  })

  test('does not drop who is at exactly twice the median', () => {
    assert.ok(isAt(moved('or-cs+', neighboursAt([[1], [1], [2]]), { b: 0 }), [1]))
    assert.ok(isAt(moved('or-cs+', neighboursAt([[1], [1], [2.001]]), { b: 0 }), [0.5]))
  })
})
