import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { completeGraph, type Links, regularGraph, ringGraph } from '../../../../node/simulate/topology.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'

/** Neighbours of each peer. */
function degrees(peers: number, links: Links): number[] {
  const counts = Array.from({ length: peers }, () => 0)
  for (const [a, b] of links) {
    counts[a]! += 1
    counts[b]! += 1
  }
  return counts
}

/** Peers that can be reached from the first one. */
function reached(links: Links): number {
  const seen = new Set([0])
  for (const peer of seen) for (const [a, b] of links) if (a === peer || b === peer) seen.add(a === peer ? b : a)
  return seen.size
}

suite('topology', () => {
  test('gives everybody k neighbours, no link twice, and one flock', () => {
    for (const [peers, k] of [
      [16, 6],
      [50, 6],
      [9, 3],
      [200, 4]
    ] as const) {
      const links = regularGraph(peers, k, createRandom(peers))
      const expected = (peers * k) % 2 === 0 ? [k] : [k, k - 1]
      assert.deepEqual([...new Set(degrees(peers, links))].sort().reverse(), expected, `${peers} peers, k ${k}`)
      assert.equal(new Set(links.map(([a, b]) => `${a} ${b}`)).size, links.length)
      assert.ok(links.every(([a, b]) => a < b))
      assert.equal(reached(links), peers)
    }
  })

  test('links up to eight all to all, and more than k too few for k as well', () => {
    assert.equal(regularGraph(8, 3, createRandom(1)).length, 28)
    assert.deepEqual(degrees(9, regularGraph(9, 8, createRandom(1))), Array(9).fill(8))
    assert.equal(regularGraph(9, 6, createRandom(1)).length, 27)
    assert.deepEqual(completeGraph(1), [])
  })

  test('draws the same graph from the same seed, and another one from another', () => {
    const draw = (seed: number) => regularGraph(16, 6, createRandom(seed))
    assert.deepEqual(draw(3), draw(3))
    assert.notDeepEqual(draw(3), draw(4))
  })

  test('refuses what cannot hang together', () => {
    assert.throws(() => regularGraph(16, 1, createRandom(1)), /k is 1: 16 peers need at least 2/)
  })

  test('closes a ring', () => {
    assert.deepEqual(degrees(5, ringGraph(5)), [2, 2, 2, 2, 2])
    assert.equal(reached(ringGraph(5)), 5)
    assert.deepEqual([ringGraph(1), ringGraph(2), ringGraph(3).length], [[], [[0, 1]], 3])
  })
})
