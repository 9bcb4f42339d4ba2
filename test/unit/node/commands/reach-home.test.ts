import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { reachHome } from '../../../../node/commands/reach-home.ts'

function fails(code: string): () => Promise<string> {
  return async () => {
    throw Object.assign(new Error(code), { code })
  }
}

/** Fails so many times, then succeeds. */
function after(times: number, code: string, answer: string): () => Promise<string> {
  let calls = 0
  return () => {
    calls += 1
    return calls > times ? Promise.resolve(answer) : fails(code)()
  }
}

describe('a home', () => {
  it('is reached through the peer that runs there, and alone where none does', async () => {
    assert.equal(await reachHome({ running: async () => 'peer', alone: fails('ERR_NEVER') }), 'peer')
    assert.equal(await reachHome({ running: fails('ERR_NOT_RUNNING'), alone: async () => 'alone' }), 'alone')
  })

  it('is waited for while a peer starts there, and while one stops', async () => {
    const starting = { running: after(2, 'ERR_NOT_RUNNING', 'peer'), alone: fails('ERR_HOME_IN_USE') }
    assert.equal(await reachHome(starting), 'peer')
    for (const code of ['ERR_PEER_STOPPING', 'ERR_PEER_ENDED', 'ERR_NOT_RUNNING']) {
      const stopping = { running: fails(code), alone: after(2, 'ERR_HOME_IN_USE', 'alone') }
      assert.equal(await reachHome(stopping), 'alone')
    }
  })

  it('is given up at once for any other reason, and when the user says so', async () => {
    await assert.rejects(reachHome({ running: fails('ERR_ALREADY_IN_RUN'), alone: fails('ERR_NEVER') }), {
      code: 'ERR_ALREADY_IN_RUN'
    })
    await assert.rejects(reachHome({ running: fails('ERR_NOT_RUNNING'), alone: fails('ERR_DATA') }), {
      code: 'ERR_DATA'
    })
    const interrupted = AbortSignal.abort()
    const waiting = { running: fails('ERR_NOT_RUNNING'), alone: fails('ERR_HOME_IN_USE') }
    await assert.rejects(reachHome(waiting, interrupted), { name: 'AbortError' })
  })
})
