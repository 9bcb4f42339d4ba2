import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { NothingLeftError, VirtualClock } from '../../../../node/simulate/virtual-clock.ts'

suite('virtual clock', () => {
  test('lets what follows from an event happen before the next one', async () => {
    const clock = new VirtualClock()
    const seen: string[] = []
    clock.after(1, async () => {
      for (let i = 0; i < 100; i++) await Promise.resolve()
      seen.push(`a at ${clock.now()}`)
      clock.after(0, () => seen.push(`b at ${clock.now()}`))
    })
    clock.after(2, () => seen.push(`c at ${clock.now()}`))
    await clock.advance(5)
    assert.deepEqual(seen, ['a at 1', 'b at 1', 'c at 2'])
    assert.equal(clock.now(), 5)
  })

  /** Which comes first: work on the real event loop that begins at 1 ms, or an event at 2 ms. */
  async function firstOf(wait: (clock: VirtualClock, work: Promise<void>) => Promise<void>): Promise<string> {
    const clock = new VirtualClock()
    const seen: string[] = []
    const worked = new Promise<void>((resolve) => {
      clock.after(1, async () => {
        await wait(clock, sleep(5))
        seen.push('work')
        resolve()
      })
    })
    clock.after(2, () => seen.push('event'))
    await clock.advance(3)
    await worked
    return seen[0]!
  }

  test('stands still during work that it was told of, and not otherwise (control)', async () => {
    assert.equal(await firstOf((clock, work) => clock.during(work)), 'work')
    assert.equal(await firstOf((_, work) => work), 'event')
  })

  test('runs until a promise is settled, and says so when nothing is left that could settle it', async () => {
    const clock = new VirtualClock()
    clock.after(50, () => {})
    assert.equal(await clock.until(clock.sleep(10).then(() => 'slept')), 'slept')
    assert.equal(clock.now(), 10)
    await assert.rejects(clock.until(new Promise(() => {})), NothingLeftError)
    assert.equal(clock.now(), 50)
  })

  test('stops at once when its signal fires', async () => {
    const clock = new VirtualClock()
    const stop = new AbortController()
    const tick = () => {
      if (clock.now() === 3) stop.abort(new Error('enough'))
      clock.after(1, tick)
    }
    tick()
    await assert.rejects(clock.until(new Promise(() => {}), { signal: stop.signal }), /enough/)
    assert.equal(clock.now(), 3)
  })

  test('does not call what was called off', async () => {
    const clock = new VirtualClock()
    let calls = 0
    const callOff = clock.after(1, () => calls++)
    clock.after(1, () => calls++)
    callOff()
    await clock.advance(2)
    assert.equal(calls, 1)
  })
})
