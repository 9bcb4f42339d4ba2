import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { createRandom, finiteTimeRounds, type MixingRound } from '../../../../protocols/averaging/index.ts'

/** The farthest that a peer is from the mean of all after the rounds, of numbers on [-1, 1). */
function farthestAfter(peers: number, rounds: readonly MixingRound[]): number {
  const random = createRandom(peers)
  let values = Float64Array.from({ length: peers }, () => 2 * random.next() - 1)
  const mean = values.reduce((sum, x) => sum + x, 0) / peers
  for (const round of rounds) {
    const next = values.slice()
    for (const { one, other, weight } of round) {
      next[one]! += weight * (values[other]! - values[one]!)
      next[other]! += weight * (values[one]! - values[other]!)
    }
    values = next
  }
  return Math.max(...values.map((x) => Math.abs(x - mean)))
}

/** The most links that a peer has in a round. */
function mostLinks(rounds: readonly MixingRound[]): number {
  return Math.max(
    0,
    ...rounds.map((round) => {
      const ends = round.flatMap(({ one, other }) => [one, other])
      return Math.max(
        0,
        ...Map.groupBy(ends, (end) => end)
          .values()
          .map((of) => of.length)
      )
    })
  )
}

suite('finite-time averaging', () => {
  test('is exact for every number of peers with one to five links each, and not a round earlier', () => {
    for (const links of [1, 2, 3, 5]) {
      for (let peers = 2; peers <= 130; peers++) {
        const rounds = finiteTimeRounds(peers, links)
        assert.ok(farthestAfter(peers, rounds) < 1e-13, `${peers} peers, ${links} links`)
        assert.ok(farthestAfter(peers, rounds.slice(0, -1)) > 1e-6, `${peers} peers, ${links} links, a round earlier`)
        assert.ok(mostLinks(rounds) <= links, `${peers} peers, ${links} links`)
      }
    }
  })

  test('takes as many rounds with one link as ALGORITHMS 2 says', () => {
    const lengths = [1, 2, 3, 6, 25, 64, 100].map((peers) => finiteTimeRounds(peers, 1).length)
    assert.deepEqual(lengths, [0, 1, 3, 4, 9, 6, 11])
  })

  test('takes at most 2 log(n) + 2 rounds, to the base of links and one', () => {
    for (const links of [1, 2, 4]) {
      for (let peers = 2; peers <= 600; peers += 7) {
        const { length } = finiteTimeRounds(peers, links)
        assert.ok(length <= (2 * Math.log(peers)) / Math.log(links + 1) + 2, `${length} rounds for ${peers}`)
      }
    }
  })

  test('is not exact with equal weights in place of its own', () => {
    const rounds = finiteTimeRounds(25, 1).map((round) => round.map((link) => ({ ...link, weight: 1 / 2 })))
    assert.ok(farthestAfter(25, rounds) > 1e-2)
  })
})
