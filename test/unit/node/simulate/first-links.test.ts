import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { firstLinks } from '../../../../node/simulate/first-links.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'

const draw = (peers: number, k: number, spec?: string) => firstLinks(spec, { peers, k }, createRandom(1))

/** How many neighbours peers have, each number once. */
function degrees(peers: number, links: readonly (readonly [number, number])[]): number[] {
  const counts = Array.from({ length: peers }, (_, peer) => links.filter((pair) => pair.includes(peer)).length)
  return [...new Set(counts)]
}

suite('first links', () => {
  test('give everybody k neighbours, or all where there are hardly more', () => {
    assert.deepEqual(degrees(16, draw(16, 6)), [6])
    assert.deepEqual(degrees(8, draw(8, 3)), [7])
    assert.deepEqual(degrees(9, draw(9, 8)), [8])
    assert.deepEqual([draw(1, 6), draw(2, 6)], [[], [[0, 1]]])
  })

  test('give one neighbour more where neither the peers nor k are even', () => {
    assert.deepEqual(degrees(9, draw(9, 3)), [4])
  })

  test('name every link once, the smaller number first', () => {
    const links = draw(16, 6)
    assert.equal(new Set(links.map(([a, b]) => `${a} ${b}`)).size, 48)
    assert.ok(links.every(([a, b]) => a < b))
  })

  test('follow a topology that stands, and refuse one that changes every round', () => {
    assert.deepEqual(degrees(5, draw(5, 6, 'ring')), [2])
    assert.deepEqual(degrees(12, draw(12, 6, 'regular:4')), [4])
    assert.throws(() => draw(16, 6, 'matching'), /links of peers that train stand/)
    assert.throws(() => draw(16, 1), /do not hang together/)
  })
})
