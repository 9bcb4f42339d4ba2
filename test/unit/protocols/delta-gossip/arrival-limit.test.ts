import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { ArrivalLimit } from '../../../../protocols/delta-gossip/arrival-limit.ts'

/** How many of `times` are let through. */
function taken(limit: ArrivalLimit, times: readonly number[]): number {
  return times.filter((at) => limit.take(at)).length
}

suite('arrival limit', () => {
  test('lets a burst of eight through, whenever it comes', () => {
    for (const at of [0, 1e9]) assert.equal(taken(new ArrivalLimit(100), new Array<number>(20).fill(at)), 8)
  })

  test('lets one more through every minRoundMs, however they bunch up', () => {
    const every50 = Array.from({ length: 201 }, (_, i) => 50 * i)
    assert.equal(taken(new ArrivalLimit(100), every50), 8 + 100)
    const inPace = Array.from({ length: 200 }, (_, i) => 800 * Math.floor(i / 8))
    assert.equal(taken(new ArrivalLimit(100), inPace), 200)
  })

  test('lets everything through where the run sets no pace', () => {
    assert.equal(taken(new ArrivalLimit(0), new Array<number>(100).fill(0)), 100)
  })
})
