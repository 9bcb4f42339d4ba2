import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TopicTurns } from '../../../../node/run/topic-turns.ts'

const HOUR_MS = 3_600_000

/** Turns that so many members take in an hour, each with a delta every `roundMs`. */
function turnsInAnHour(members: number, roundMs = 100): number {
  let turns = 0
  for (let member = 0; member < members; member++) {
    const own = new TopicTurns(member / members)
    for (let now = 0; now < HOUR_MS; now += roundMs) if (own.take(now, members)) turns += 1
  }
  return turns
}

describe('topic turns', () => {
  it('come every ten seconds in all, however many members there are', () => {
    for (const members of [1, 4, 32]) {
      const turns = turnsInAnHour(members)
      assert.ok(Math.abs(turns - 360) <= members, `${members} members: ${turns}`)
    }
  })

  it('come every sixteen rounds in all, where those take longer than ten seconds', () => {
    for (const members of [1, 4, 32]) {
      const turns = turnsInAnHour(members, 4000)
      assert.ok(Math.abs(turns - HOUR_MS / 4000 / 16) <= members, `${members} members: ${turns}`)
    }
  })

  it('do not come to all who begin together', () => {
    const first = [0, 0.25, 0.5, 0.75].map((phase) => {
      const own = new TopicTurns(phase)
      let now = 0
      while (!own.take(now, 4)) now += 100
      return now
    })
    assert.deepEqual(first, [40_000, 30_000, 20_000, 10_000])
  })
})
