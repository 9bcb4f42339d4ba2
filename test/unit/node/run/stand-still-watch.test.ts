import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { StandStillWatch } from '../../../../node/run/stand-still-watch.ts'
import { SetClock } from './set-clock.ts'

function setUp() {
  const clock = new SetClock('2025-03-12T12:00:00Z')
  const network = { addresses: ['/ip4/192.0.2.1/tcp/1', '/ip4/127.0.0.1/tcp/1'] }
  const reasons: string[] = []
  const watch = new StandStillWatch({
    clock,
    addresses: () => network.addresses,
    onReturn: (why) => reasons.push(why)
  })
  watch.start()
  return { clock, network, reasons, watch }
}

describe('a watch for standing still', () => {
  it('says nothing while time goes by as it should, or a little late', async () => {
    const { clock, network, reasons } = setUp()
    await clock.virtual.advance(60_000)
    clock.setWall('2025-03-12T12:01:12Z')
    network.addresses.reverse()
    await clock.virtual.advance(60_000)
    assert.deepEqual(reasons, [])
  })

  it('notices a sleep that stopped the monotonic clock, once', async () => {
    const { clock, reasons } = setUp()
    await clock.virtual.advance(12_000)
    clock.setWall('2025-03-12T20:00:00Z')
    await clock.virtual.advance(60_000)
    assert.deepEqual(
      reasons.map((why) => why.replace(/\d+/, 'N')),
      ['this peer stood still for N s']
    )
  })

  it('notices a stop in which every clock ran on', async () => {
    const { clock, reasons } = setUp()
    // A timer of a stopped process fires late: all that passed, passed before it.
    const { after } = clock
    clock.after = (ms, callback) => after.call(clock, ms === 5000 ? 30_000 : ms, callback)
    await clock.virtual.advance(40_000)
    assert.deepEqual(reasons, ['this peer stood still for 30 s'])
  })

  it('takes a clock that is set back for nothing', async () => {
    const { clock, reasons } = setUp()
    clock.setWall('2025-03-12T09:00:00Z')
    await clock.virtual.advance(60_000)
    assert.deepEqual(reasons, [])
  })

  it('notices that the machine has other addresses, once', async () => {
    const { clock, network, reasons } = setUp()
    network.addresses = ['/ip4/198.51.100.7/tcp/1', '/ip4/127.0.0.1/tcp/1']
    await clock.virtual.advance(60_000)
    assert.deepEqual(reasons, ['the addresses of this machine have changed'])
  })

  it('is quiet after the stop', async () => {
    const { clock, network, reasons, watch } = setUp()
    watch.stop()
    network.addresses = []
    await clock.virtual.advance(60_000)
    assert.deepEqual(reasons, [])
  })
})
