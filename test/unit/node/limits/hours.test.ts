import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Hours } from '../../../../node/limits/index.ts'

/** Summer time began here at 02:00 on 30 March 2025, which was 03:00 at once, and ended at 03:00 on 26 October. */
process.env.TZ = 'Europe/Berlin'

function at(time: string): Date {
  return new Date(`2025-03-12T${time}`)
}

describe('hours of the day', () => {
  it('begin with their first minute and end before their last', () => {
    const hours = new Hours('09:30-17:00')
    const inside = ['09:29:59', '09:30:00', '16:59:59', '17:00:00'].map((time) => hours.includes(at(time)))
    assert.deepEqual(inside, [false, true, true, false])
  })

  it('go over midnight, and to its stroke', () => {
    const night = new Hours('20:00-06:00')
    assert.deepEqual(
      ['19:59', '20:00', '00:00', '05:59', '06:00'].map((time) => night.includes(at(`${time}:00`))),
      [false, true, true, true, false]
    )
    assert.equal(new Hours('20:00-24:00').includes(at('23:59:59')), true)
    assert.equal(new Hours('20:00-24:00').includes(at('00:00:00')), false)
  })

  it('may be several, and name the next that begins', () => {
    const hours = new Hours('12:00-13:00, 20:00-06:00')
    assert.deepEqual(
      ['11:59', '12:30', '19:00'].map((time) => hours.includes(at(`${time}:00`))),
      [false, true, false]
    )
    assert.deepEqual(
      ['06:00', '13:00', '11:59'].map((time) => hours.nextStart(at(`${time}:00`))),
      ['12:00', '20:00', '12:00']
    )
  })

  it('follow the clock on the wall when summer time begins: what begins in the lost hour begins after it', () => {
    const hours = new Hours('02:30-04:00')
    const before = new Date('2025-03-30T00:59:00Z')
    const after = new Date('2025-03-30T01:00:00Z')
    assert.deepEqual([before.getHours(), after.getHours()], [1, 3], 'the time zone is not the one of this test')
    assert.deepEqual([hours.includes(before), hours.includes(after)], [false, true])
    assert.equal(hours.nextStart(before), '02:30')
  })

  it('come twice where an hour comes twice', () => {
    const hours = new Hours('02:30-03:00')
    const times = ['00:15', '00:45', '01:15', '01:45', '02:15'].map((time) => new Date(`2025-10-26T${time}:00Z`))
    assert.deepEqual(
      times.map((time) => hours.includes(time)),
      [false, true, false, true, false]
    )
  })
})
