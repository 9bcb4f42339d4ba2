import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GossipTraffic } from '../../../node/gossip-traffic.ts'

describe('gossip traffic', () => {
  it('counts every copy of a record on its topic, with what is around it', () => {
    const traffic = new GossipTraffic()
    for (const bytes of [400, 400]) traffic.noteReceived('/starling/demo/run/members', bytes)
    traffic.noteReceived('/starling/demo/run/deltas', 900)
    assert.equal(traffic.receivedOn('/starling/demo/run/members'), 2 * (400 + 26 + 6))
    assert.equal(traffic.receivedOn('/starling/demo/other/members'), 0)
  })
})
