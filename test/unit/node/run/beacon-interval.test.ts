import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { beaconIntervalMs, firstBeaconMs } from '../../../../node/run/beacon-interval.ts'

describe('the interval of beacons', () => {
  it('is ten seconds in a small run', () => {
    assert.deepEqual([1, 2, 8].map(beaconIntervalMs), [10_000, 10_000, 10_000])
  })

  it('grows with the run, so that all together send as many as eight do', () => {
    for (const members of [16, 64, 1024]) assert.equal((members / beaconIntervalMs(members)) * 10_000, 8)
  })

  it('begins at once in a small run, and in a large one at a time of its own', () => {
    assert.deepEqual(
      [1, 8].map((members) => firstBeaconMs(members, 0.9)),
      [0, 0]
    )
    assert.deepEqual(
      [0, 0.5].map((draw) => firstBeaconMs(64, draw)),
      [0, 40_000]
    )
  })
})
