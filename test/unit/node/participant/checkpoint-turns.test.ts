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
})
