import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CpuPacer } from '../../../../node/limits/index.ts'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'

/** A process whose only work is what the test does. */
function setUp(cores: number) {
  const clock = new VirtualClock()
  const cpu = { usedMs: 0 }
  const pacer = new CpuPacer({
    cores,
    now: () => clock.now(),
    usedMs: () => cpu.usedMs,
    after: (ms, callback) => clock.after(ms, callback)
  })
  const work = async (ms: number) => {
    await clock.advance(ms)
    cpu.usedMs += ms
  }
  return { clock, cpu, pacer, work }
}

describe('a CPU pacer', () => {
  for (const cores of [0.1, 0.5, 0.9]) {
    it(`holds slices of work to ${cores} cores on average`, async () => {
      const { clock, cpu, pacer, work } = setUp(cores)
      while (clock.now() < 60_000) {
        await clock.until(pacer.wait())
        await work(25)
      }
      const share = cpu.usedMs / clock.now()
      assert.ok(share <= 1.02 * cores && share > 0.95 * cores, `${share} of a core`)
    })
  }

  it('does not wait where the process uses less than its share', async () => {
    const { clock, pacer, work } = setUp(1.5)
    for (let i = 0; i < 100; i++) {
      await pacer.wait()
      await work(25)
    }
    assert.equal(clock.now(), 2500)
  })

  it('counts what other threads use, but lets a slice through now and then', async () => {
    const { clock, cpu, pacer } = setUp(0.1)
    const burn = () => {
      cpu.usedMs += 1000
      clock.after(1000, burn)
    }
    burn()
    await clock.until(pacer.wait())
    assert.ok(clock.now() >= 9000 && clock.now() <= 12_000, `waited ${clock.now()} ms`)
  })

  it('does not save up a long sleep', async () => {
    const { clock, cpu, pacer, work } = setUp(0.5)
    await clock.advance(3_600_000)
    const from = clock.now()
    while (clock.now() - from < 10_000) {
      await clock.until(pacer.wait())
      await work(25)
    }
    assert.ok(cpu.usedMs < 5500, `${cpu.usedMs} ms in 10 s`)
  })

  it('ends a wait when it is stopped, and waits no more', async () => {
    const { clock, cpu, pacer } = setUp(0.1)
    cpu.usedMs = 5000
    const waiting = pacer.wait()
    await clock.advance(10)
    pacer.stop()
    await waiting
    await pacer.wait()
    assert.equal(clock.now(), 10)
  })
})
