import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fuzzSockets, type SocketReport } from '../fuzz/sockets.ts'

/** `npm run fuzz -- sockets` sends a hundred times as many. */
const INPUTS = 1000

/** What a process of two libp2p nodes, a worker and a training engine takes once they are warm. */
const MAX_GROWTH_BYTES = 256 * 1024 * 1024

const total = ({ refused }: SocketReport) => Object.values(refused).reduce((sum, count) => sum + count, 0)

describe('mutated messages over sockets', () => {
  it('are refused and counted on every protocol by a peer that goes on training', async () => {
    const reports = await fuzzSockets(INPUTS, 1)
    assert.equal(reports.length, 8)
    for (const report of reports) {
      const { protocol, inputs, rounds, memory } = report
      assert.ok(
        total(report) > inputs / 2 && total(report) <= inputs,
        `${protocol}: ${total(report)} of ${inputs} refused`
      )
      assert.ok(Object.keys(report.refused).length >= 2, `${protocol}: ${Object.keys(report.refused)}`)
      assert.ok(rounds > 0)
      assert.ok(memory.after - memory.before < MAX_GROWTH_BYTES, `${protocol}: ${memory.after - memory.before} bytes`)
    }
  })
})
