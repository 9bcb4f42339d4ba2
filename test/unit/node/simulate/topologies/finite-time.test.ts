import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createTopology } from '../../../../../node/simulate/topologies/index.ts'
import { createRandom } from '../../../../../protocols/averaging/index.ts'
import { drawVectors, meanOf, mixVectors, squaresAround } from './mean-square.ts'

/** V / V0 after so many rounds. */
function disagreement(peers: number, rounds: number, spec = 'exponential'): number {
  const topology = createTopology(spec, peers, createRandom(0))
  let vectors = drawVectors(peers, 3, createRandom(1))
  const before = squaresAround(meanOf(vectors), vectors)
  for (let round = 0; round < rounds; round++) vectors = mixVectors(topology.mixing(round), vectors)
  return squaresAround(meanOf(vectors), vectors) / before
}

suite('one-peer exponential graph', () => {
  test('is exact after log2(n) rounds for every power of two, and not a round earlier', () => {
    for (let exponent = 1; exponent <= 10; exponent++) {
      assert.ok(disagreement(2 ** exponent, exponent) < 1e-28, `2^${exponent}`)
      assert.ok(disagreement(2 ** exponent, exponent - 1) > 1e-4, `2^${exponent}, a round earlier`)
    }
  })

  test('is not exact for 25 peers, neither after a whole cycle nor after four', () => {
    assert.ok(disagreement(25, 5) > 1e-3)
    assert.ok(disagreement(25, 20) > 1e-12)
  })
})

suite('base-2 graph', () => {
  test('is exact for 25 peers in 9 rounds, which the exponential graph is not, and not in 8', () => {
    assert.ok(disagreement(25, 9, 'base:2') < 1e-28)
    assert.ok(disagreement(25, 8, 'base:2') > 1e-6)
    assert.ok(disagreement(25, 9) > 1e-6)
  })

  test('is exact for other numbers and bases after as many rounds as it has, time and again', () => {
    for (const [peers, base, rounds] of [
      [6, 2, 4],
      [100, 2, 11],
      [27, 3, 3],
      [36, 6, 2]
    ] as const) {
      assert.ok(disagreement(peers, rounds, `base:${base}`) < 1e-28, `base ${base} of ${peers}`)
      assert.ok(disagreement(peers, rounds - 1, `base:${base}`) > 1e-4, `base ${base} of ${peers}, a round earlier`)
    }
  })
})
