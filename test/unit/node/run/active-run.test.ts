import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { RunEvent } from '../../../../node/control/index.ts'
import type { Peer } from '../../../../node/peer.ts'
import { QuotaKeeper } from '../../../../node/pinning/index.ts'
import { ActiveRun } from '../../../../node/run/active-run.ts'
import { invite } from '../../protocols/envelope/samples.ts'

/** A peer without a network: whatever a run does first fails. */
const peer = {
  home: { dir: join(tmpdir(), 'starling-no-home-here') },
  libp2p: { dial: () => Promise.reject(new Error('no network here')) },
  storage: { getBlock: () => Promise.reject(Object.assign(new Error('no block here'), { code: 'ERR_NO_BLOCK' })) }
} as unknown as Peer

const ASKING = { type: 'log', level: 'info', message: 'asking the peers of the invite for the run' }

function activeRun(): { run: ActiveRun; events: RunEvent[] } {
  const events: RunEvent[] = []
  const quota = new QuotaKeeper({ storage: peer.storage, quotaBytes: 1e9 })
  const request = { role: 'pinner', invite: 'starling1b' } as const
  const onEvent = (event: RunEvent) => events.push(event)
  return { run: new ActiveRun({ peer, invite, request, quota, onEvent, isAlone: () => true }), events }
}

describe('a run of a peer', () => {
  it('that fails says how, ends, and rejects nothing', async () => {
    const { run, events } = activeRun()
    run.start()
    const end = { type: 'failed', message: 'no block here', code: 'ERR_NO_BLOCK' } as const
    assert.deepEqual(await run.ended, end)
    assert.deepEqual(events, [ASKING, { type: 'ended', end }])
    assert.equal((run.failure as Error).message, 'no block here')
  })

  it('that is left, or stopped, while it starts ends as it was told to', async () => {
    for (const type of ['left', 'stopped'] as const) {
      const { run, events } = activeRun()
      run.start()
      if (type === 'left') run.leave({ purge: false })
      else run.stop()
      assert.equal(run.status().state, 'leaving')
      assert.deepEqual(await run.ended, { type })
      const message = type === 'left' ? 'left the run' : 'stopped; start again with the same home to go on'
      assert.deepEqual(events[1], { type: 'log', level: 'info', message })
    }
  })

  it('can be paused before it has begun, and not once it is left', () => {
    const { run } = activeRun()
    run.pause()
    run.resume()
    assert.equal(run.status().state, 'starting')
    run.leave({ purge: false })
    assert.throws(() => run.pause(), { code: 'ERR_RUN_ENDING', message: /is leaving: no round is left to pause/ })
  })
})
