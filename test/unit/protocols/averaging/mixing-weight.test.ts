import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { metropolisWeight, stalenessRounds, stalenessWeight } from '../../../../protocols/averaging/index.ts'

type LinkWeight = (degree: number, neighbourDegree: number) => number

/** The control: without the 1 that keeps a share for the peer itself. */
const withoutSelf: LinkWeight = (degree, neighbourDegree) => 1 / Math.max(degree, neighbourDegree)
const byOwnDegree: LinkWeight = (degree) => 1 / (1 + degree)

/** The mixing matrix of an undirected graph, shape [n, n]. */
function matrixOf(n: number, links: readonly (readonly [number, number])[], weight: LinkWeight): number[][] {
  const degree = Array.from({ length: n }, (_, i) => links.filter((link) => link.includes(i)).length)
  const rows = Array.from({ length: n }, () => new Array<number>(n).fill(0))
  for (const [i, j] of links) {
    rows[i]![j] = weight(degree[i]!, degree[j]!)
    rows[j]![i] = weight(degree[j]!, degree[i]!)
  }
  for (const [i, row] of rows.entries()) row[i] = 1 - row.reduce((sum, w) => sum + w, 0)
  return rows
}

/** Second largest modulus of an eigenvalue of a doubly stochastic symmetric matrix: power iteration across the mean. */
function secondEigenvalue(matrix: readonly (readonly number[])[]): number {
  let vector = matrix.map((_, i) => Math.sin(1 + 7 * i))
  let modulus = 0
  for (let step = 0; step < 3000; step++) {
    const mean = vector.reduce((sum, x) => sum + x, 0) / vector.length
    const centred = vector.map((x) => x - mean)
    const next = matrix.map((row) => row.reduce((sum, w, j) => sum + w * centred[j]!, 0))
    modulus = Math.hypot(...next) / Math.hypot(...centred)
    vector = next.map((x) => x / Math.hypot(...next))
  }
  return modulus
}

const path = (n: number) => Array.from({ length: n - 1 }, (_, i) => [i, i + 1] as const)
const ring = (n: number) => Array.from({ length: n }, (_, i) => [i, (i + 1) % n] as const)

function isNear(actual: number, expected: number, tolerance = 1e-9): boolean {
  return Math.abs(actual - expected) < tolerance
}

suite('mixing weights', () => {
  test('are those of Metropolis on a path of four, not those of the own degree', () => {
    const third = 1 / 3
    const expected = [
      [2 * third, third, 0, 0],
      [third, third, third, 0],
      [0, third, third, third],
      [0, 0, third, 2 * third]
    ]
    const isExpected = (matrix: number[][]) =>
      matrix.every((row, i) => row.every((w, j) => isNear(w, expected[i]![j]!, 1e-15)))
    assert.ok(isExpected(matrixOf(4, path(4), metropolisWeight)))
    assert.equal(isExpected(matrixOf(4, path(4), byOwnDegree)), false)
  })

  test('mix as fast as the closed forms say, which weights without a share for oneself do not', () => {
    for (const [links, n, expected] of [
      [path(4), 4, 0.804737854],
      [ring(16), 16, 0.949253022]
    ] as const) {
      assert.ok(isNear(secondEigenvalue(matrixOf(n, links, metropolisWeight)), expected))
      assert.equal(isNear(secondEigenvalue(matrixOf(n, links, withoutSelf)), expected), false)
    }
  })

  test('are the same from both ends of a link', () => {
    for (const [a, b] of [
      [1, 5],
      [6, 6],
      [0, 3]
    ] as const)
      assert.equal(metropolisWeight(a, b), metropolisWeight(b, a))
  })
})

suite('staleness', () => {
  test('counts own rounds beyond the first', () => {
    assert.equal(stalenessRounds(50, 100), 0)
    assert.equal(stalenessRounds(100, 100), 0)
    assert.equal(stalenessRounds(400, 100), 3)
  })

  test('is none before the first round is measured', () => {
    assert.equal(stalenessRounds(400, 0), 0)
  })

  test('costs a version weight by its inverse square root', () => {
    assert.equal(stalenessWeight(0), 1)
    assert.equal(stalenessWeight(3), 1 / 2)
    assert.equal(stalenessWeight(8), 1 / 3)
  })
})
