import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { CheckpointTurns } from '../../../../node/participant/checkpoint-turns.ts'

/** An incarnation whose random bytes end in `last`. */
function incarnation(last: number): Uint8Array {
  return new Uint8Array(16).fill(last, 15)
}

/** Rounds up to `rounds` in which a peer publishes that sees nobody else's checkpoint. */
function turnsAlone(everyRounds: number, last: number, rounds: number): number[] {
  const turns = new CheckpointTurns(everyRounds, incarnation(last))
  return Array.from({ length: rounds + 1 }, (_, round) => round).filter((round) => {
    const isDue = turns.isDue(round, 'training')
    if (isDue) turns.seen(round, 'training')
    return isDue
  })
}

suite('checkpoint turns', () => {
  test('come every so many rounds, from the first interval on', () => {
    assert.deepEqual(turnsAlone(10, 0, 45), [10, 20, 30, 40])
    assert.deepEqual(turnsAlone(1, 200, 4), [1, 2, 3, 4])
  })

  test('are spread over half the interval by the random bytes of the incarnation', () => {
    assert.deepEqual(turnsAlone(10, 3, 40), [13, 23, 33])
    const first = new Set(Array.from({ length: 256 }, (_, last) => turnsAlone(10, last, 20)[0]))
    assert.deepEqual([...first].toSorted(), [10, 11, 12, 13, 14])
  })

  test('are skipped after somebody else published within half the interval, and only then', () => {
    const turns = new CheckpointTurns(10, incarnation(0))
    turns.seen(15, 'training')
    assert.equal(turns.isDue(20, 'training'), false)
    assert.equal(turns.isDue(30, 'training'), true)
    const earlier = new CheckpointTurns(10, incarnation(0))
    earlier.seen(14, 'training')
    assert.equal(earlier.isDue(20, 'training'), true)
  })

  test('do not come while closing, and once at the end unless a final one was seen', () => {
    const turns = new CheckpointTurns(10, incarnation(0))
    assert.equal(turns.isDue(10, 'closing'), false)
    turns.seen(9, 'closing')
    assert.equal(turns.isDue(10, 'done'), true)
    turns.seen(10, 'done')
    assert.equal(turns.isDue(10, 'done'), false)
  })

  test('come to about eight of many members in an interval, to each of them in its time', () => {
    const everyRounds = 10
    const due = (draw: number, round: number, members: number) =>
      new CheckpointTurns(everyRounds, new Uint8Array(16).fill(draw, 14, 15)).isDue(round, 'training', members)
    for (const members of [1, 8, 16, 32, 64, 256]) {
      const draws = Array.from({ length: members }, (_, draw) => draw)
      for (const round of [10, 20, 90]) {
        assert.equal(draws.filter((draw) => due(draw, round, members)).length, Math.min(members, 8))
      }
      const intervals = Array.from({ length: Math.max(1, members / 8) }, (_, index) => everyRounds * (index + 1))
      for (const draw of draws) assert.equal(intervals.filter((round) => due(draw, round, members)).length, 1)
    }
  })

  test('leave the last checkpoint to one group of many, then to the next', () => {
    const waits = Array.from({ length: 64 }, (_, draw) =>
      new CheckpointTurns(10, new Uint8Array(16).fill(draw, 14, 15)).finalWaitMs(64)
    )
    assert.equal(waits.filter((ms) => ms === 0).length, 8)
    assert.deepEqual([...new Set(waits)].toSorted(), [0, 1000, 2000, 3000, 4000, 5000, 6000, 7000])
    assert.equal(new CheckpointTurns(10, incarnation(0)).finalWaitMs(8), 0)
  })
})
