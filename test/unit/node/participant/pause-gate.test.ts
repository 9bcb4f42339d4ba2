import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { PauseGate } from '../../../../node/participant/pause-gate.ts'

describe('the gate between two rounds', () => {
  it('is open unless it is paused, and after a resume that came before anybody waited', async () => {
    const gate = new PauseGate()
    const { signal } = new AbortController()
    assert.equal(await gate.passed(signal), false)
    gate.pause()
    gate.resume()
    assert.equal(await gate.passed(signal), false)
  })

  it('holds until the resume, through a second pause in the same turn', async () => {
    const gate = new PauseGate()
    const { signal } = new AbortController()
    gate.pause()
    let hasPassed = false
    const passed = gate.passed(signal).then((hasWaited) => {
      hasPassed = true
      return hasWaited
    })
    gate.resume()
    gate.pause()
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(hasPassed, false)
    gate.resume()
    assert.equal(await passed, true)
  })

  it('opens when the run is left', async () => {
    const gate = new PauseGate()
    const leaving = new AbortController()
    gate.pause()
    const passed = gate.passed(leaving.signal)
    leaving.abort()
    assert.equal(await passed, true)
    assert.equal(gate.isPaused, true)
  })

  it('leaves nothing on the signal, however often it was paused', async () => {
    const gate = new PauseGate()
    const { signal } = new AbortController()
    for (let pause = 0; pause < 100; pause++) {
      gate.pause()
      const passed = gate.passed(signal)
      assert.equal(getEventListeners(signal, 'abort').length, 1)
      gate.resume()
      await passed
    }
    assert.equal(getEventListeners(signal, 'abort').length, 0)
  })
})
