import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hours } from '../../../../node/limits/index.ts'
import { type RestState, Rests, type RestsInit } from '../../../../node/run/rests.ts'
import { SetClock } from './set-clock.ts'

process.env.TZ = 'Europe/Berlin'

const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS

const TRAINS: RestState = { isPaused: false, isAway: false }
const PAUSED: RestState = { isPaused: true, isAway: false }
const AWAY: RestState = { isPaused: true, isAway: true }

async function setUp(time: string, init: Partial<Pick<RestsInit, 'hours' | 'isMetered'>>) {
  const clock = new SetClock(time)
  const states: RestState[] = []
  const notices: string[] = []
  const rests = new Rests({
    clock,
    ...init,
    onChange: (state) => states.push(state),
    onNotice: (message) => notices.push(message)
  })
  rests.start()
  await clock.virtual.advance(0)
  return { clock, states, notices, rests }
}

describe('the rests of a trainer', () => {
  it('begin and end with its hours, by itself, and say until when', async () => {
    const { clock, states, notices, rests } = await setUp('2025-03-12T19:58:30', { hours: new Hours('20:00-06:00') })
    assert.deepEqual(states, [AWAY])
    assert.equal(rests.description, 'until 20:00')
    await clock.virtual.advance(MINUTE_MS)
    assert.deepEqual(states, [AWAY])
    await clock.virtual.advance(MINUTE_MS)
    assert.deepEqual(states, [AWAY, TRAINS])
    assert.equal(rests.description, undefined)
    await clock.virtual.advance(10 * HOUR_MS)
    assert.deepEqual(states, [AWAY, TRAINS, AWAY])
    assert.deepEqual(notices, ['paused until 20:00', 'trains again', 'paused until 20:00'])
  })

  it('end where summer time skips their end, within a minute', async () => {
    const { clock, states } = await setUp('2025-03-30T01:58:00', { hours: new Hours('02:30-04:00') })
    await clock.virtual.advance(90_000)
    assert.deepEqual(states, [AWAY])
    await clock.virtual.advance(MINUTE_MS)
    assert.deepEqual(states, [AWAY, TRAINS])
  })

  it('follow a clock that is set back, within a minute', async () => {
    const { clock, states } = await setUp('2025-03-12T20:30:00', { hours: new Hours('20:00-06:00') })
    assert.deepEqual(states, [])
    clock.setWall('2025-03-12T17:30:00')
    await clock.virtual.advance(MINUTE_MS + 1000)
    assert.deepEqual(states, [AWAY])
    clock.setWall('2025-03-12T23:30:00')
    await clock.virtual.advance(MINUTE_MS + 1000)
    assert.deepEqual(states, [AWAY, TRAINS])
  })

  it('of the owner keep the links, and outlast the hours', async () => {
    const { clock, states, rests } = await setUp('2025-03-12T19:59:30', { hours: new Hours('20:00-06:00') })
    rests.hold('owner')
    await clock.virtual.advance(MINUTE_MS)
    assert.deepEqual(states, [AWAY, PAUSED])
    rests.release('owner')
    assert.deepEqual(states, [AWAY, PAUSED, TRAINS])
  })

  it('go on when the owner resumes outside the hours', async () => {
    const { states, rests } = await setUp('2025-03-12T12:00:00', { hours: new Hours('20:00-06:00') })
    rests.release('owner')
    assert.deepEqual(states, [AWAY])
  })

  it('last as long as the network is metered, and say once that nobody knows', async () => {
    const answers = [true, true, undefined, undefined, false]
    const isMetered = async () => answers.shift()
    const { clock, states, notices, rests } = await setUp('2025-03-12T12:00:00', { isMetered })
    assert.equal(rests.description, 'while the network is metered')
    await clock.virtual.advance(4 * MINUTE_MS)
    assert.deepEqual(states, [AWAY, TRAINS])
    assert.deepEqual(notices.length, 3)
  })

  it('change nothing after the stop', async () => {
    const { clock, states, rests } = await setUp('2025-03-12T19:59:30', { hours: new Hours('20:00-06:00') })
    rests.stop()
    await clock.virtual.advance(HOUR_MS)
    assert.deepEqual(states, [AWAY])
  })
})
