import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createTopology } from '../../../../../node/simulate/topologies/index.ts'
import { createRandom } from '../../../../../protocols/averaging/index.ts'
import { drawVectors, meanOf, mixVectors, squaresAround } from './mean-square.ts'

/** V / V0 after so many rounds. */
function disagreement(peers: number, rounds: number): number {
  const topology = createTopology('exponential', peers, createRandom(0))
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
