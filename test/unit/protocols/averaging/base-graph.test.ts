import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import fc from 'fast-check'
import { baseGraph, createRandom, type GraphRound } from '../../../../protocols/averaging/index.ts'

/** What float64 rounding leaves of a disagreement of one. */
const EXACT = 1e-12

/** The largest distance of a peer from the mean of all after the rounds, from random values of size one. */
function disagreement(n: number, rounds: readonly GraphRound[]): number {
  const random = createRandom(n)
  let values = Array.from({ length: n }, () => 2 * random.next() - 1)
  const mean = values.reduce((sum, x) => sum + x, 0) / n
  for (const edges of rounds) {
    const next = [...values]
    for (const { a, b, weight } of edges) {
      next[a] = next[a]! + weight * (values[b]! - values[a]!)
      next[b] = next[b]! + weight * (values[a]! - values[b]!)
    }
    values = next
  }
  return Math.max(...values.map((x) => Math.abs(x - mean)))
}

/** The most neighbours that a peer has in a round. */
function largestDegree(n: number, rounds: readonly GraphRound[]): number {
  return Math.max(
    0,
    ...rounds.map((edges) => {
      const degrees = new Array<number>(n).fill(0)
      for (const peer of edges.flatMap(({ a, b }) => [a, b])) degrees[peer]!++
      return Math.max(...degrees)
    })
  )
}

/** The control: in round t of the one-peer exponential graph a peer takes half of the one 2^t ahead. */
function exponentialDisagreement(n: number, rounds: number): number {
  const random = createRandom(n)
  let values = Array.from({ length: n }, () => 2 * random.next() - 1)
  const mean = values.reduce((sum, x) => sum + x, 0) / n
  for (let t = 0; t < rounds; t++) {
    const ahead = 2 ** (t % Math.ceil(Math.log2(n)))
    values = values.map((x, i) => (x + values[(i + ahead) % n]!) / 2)
  }
  return Math.max(...values.map((x) => Math.abs(x - mean)))
}

suite('base-(k+1) graph', () => {
  const lengths: readonly (readonly [n: number, rounds: number])[] = [
    [1, 0],
    [2, 1],
    [3, 3],
    [5, 5],
    [6, 4],
    [7, 5],
    [25, 9],
    [64, 6],
    [100, 11]
  ]
  for (const [n, length] of lengths) {
    test(`of pairs is exact for ${n} peers in ${length} rounds, and not in one less`, () => {
      const rounds = baseGraph(n, 1)
      assert.equal(rounds.length, length)
      assert.ok(disagreement(n, rounds) < EXACT)
      if (length > 0) assert.ok(disagreement(n, rounds.slice(0, -1)) > 1e-3)
    })
  }

  test('is exact with at most k neighbours a round, for every number of peers up to 140 and k up to 6', () => {
    for (let k = 1; k <= 6; k++) {
      for (let n = 1; n <= 140; n++) {
        const rounds = baseGraph(n, k)
        const left = disagreement(n, rounds)
        if (!(left < EXACT && largestDegree(n, rounds) <= k)) assert.fail(`n ${n}, k ${k}: ${left} is left`)
      }
    }
  })

  test('needs at most 2 log(n) + 2 rounds to base k + 1', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 5000 }), fc.integer({ min: 1, max: 8 }), (n, k) => {
        assert.ok(baseGraph(n, k).length <= 2 * (Math.log(n) / Math.log(k + 1)) + 2)
      }),
      { seed: 1, numRuns: 60 }
    )
  })

  test('keeps the mean in every round, which one-way halves of the edges do not', () => {
    const rounds = baseGraph(25, 1)
    const halves = rounds.map((edges) => edges.filter((_, i) => i % 2 === 0))
    assert.ok(disagreement(25, rounds) < EXACT)
    assert.ok(disagreement(25, halves) > 1e-3)
  })

  test('is exact where the one-peer exponential graph is not', () => {
    assert.ok(exponentialDisagreement(32, 5) < EXACT, 'which is exact for powers of two')
    assert.ok(exponentialDisagreement(25, 5) > 1e-3)
    assert.ok(exponentialDisagreement(25, 9) > 1e-5, 'also in as many rounds as this graph takes')
  })

  test('is not defined for no peers or no neighbours', () => {
    for (const [n, k] of [
      [0, 1],
      [5, 0],
      [2.5, 1]
    ] as const) {
      assert.throws(() => baseGraph(n, k), RangeError)
    }
  })
})
