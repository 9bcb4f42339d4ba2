import assert from 'node:assert/strict'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { callControl, followRun } from '../../../../node/control/control-client.ts'
import { type Controls, type RunEvent, type RunRequest, startControl } from '../../../../node/control/index.ts'

const pinning: RunRequest = { role: 'pinner', invite: 'starling1b' }

async function temporaryHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'starling-control-'))
  t.after(() => rm(home, { recursive: true }))
  return home
}

/** A peer that does nothing but note what it is asked for. */
async function serving(t: TestContext, changes: Partial<Controls> = {}) {
  const home = await temporaryHome(t)
  const asked: string[] = []
  const control = await startControl(home, {
    status: () => {
      throw new Error('no status here')
    },
    join: async () => {},
    pause: (run) => asked.push(`pause ${run}`),
    resume: (run) => asked.push(`resume ${run}`),
    leave: async ({ purge }, run) => {
      asked.push(`leave ${run} ${purge}`)
      return true
    },
    pins: async () => [],
    pin: async () => assert.fail('nobody pins'),
    unpin: async () => false,
    ...changes
  } as Controls)
  t.after(() => control.close())
  return { home, asked, control }
}

/** Sends a body as it is, and resolves with the status of the answer. */
function post(home: string, body: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json' }
    const socketPath = join(home, 'control.sock')
    const call = request({ socketPath, method: 'POST', path: '/runs', headers, agent: false }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    call.once('error', reject)
    call.end(body)
  })
}

describe('the control socket', () => {
  it('passes on which run is meant, and what the peer says against it with its code', async (t) => {
    const { home, asked } = await serving(t, {
      resume: () => {
        throw Object.assign(new Error('two runs could be meant'), { code: 'ERR_AMBIGUOUS_RUN', statusCode: 409 })
      }
    })
    await callControl(home, 'POST', '/pause')
    assert.deepEqual(await callControl(home, 'POST', '/leave?run=wards&purge=true'), { isLast: true })
    assert.deepEqual(asked, ['pause undefined', 'leave wards true'])
    await assert.rejects(callControl(home, 'POST', '/resume'), { code: 'ERR_AMBIGUOUS_RUN', message: /could be meant/ })
  })

  it('is for its owner alone', async (t) => {
    const { home } = await serving(t)
    assert.equal((await stat(join(home, 'control.sock'))).mode & 0o777, 0o600)
  })

  it('follows a run to its end, with everything that is said on the way', async (t) => {
    let say: (event: RunEvent) => void = () => {}
    const { home } = await serving(t, {
      join: async (_, onEvent) => {
        say = onEvent
        onEvent({ type: 'joined', run: 'bafy', pid: 7 })
      }
    })
    const heard: RunEvent[] = []
    const end = await followRun(home, pinning, (event) => {
      heard.push(event)
      if (event.type !== 'joined') return
      say({ type: 'log', level: 'warn', message: 'a line\nwith an end of line, and ö' })
      say({ type: 'ended', end: { type: 'left' } })
    })
    assert.deepEqual(end, { type: 'left' })
    assert.deepEqual(
      heard.map(({ type }) => type),
      ['joined', 'log', 'ended']
    )
    assert.ok(heard[1]?.type === 'log' && heard[1].message.endsWith('ö'))
  })

  it('lets those who follow hear how it ended before it closes', async (t) => {
    let say: (event: RunEvent) => void = () => {}
    const joined = Promise.withResolvers<void>()
    const { home, control } = await serving(t, {
      join: async (_, onEvent) => {
        say = onEvent
        joined.resolve()
      }
    })
    const followed = followRun(home, pinning, () => {})
    await joined.promise
    say({ type: 'ended', end: { type: 'stopped' } })
    await control.close()
    assert.deepEqual(await followed, { type: 'stopped' })
    await assert.rejects(callControl(home, 'GET', '/pins'), { code: 'ERR_NOT_RUNNING' })
  })

  it('refuses what is no request, however large, and goes on', async (t) => {
    const { home } = await serving(t)
    assert.equal(await post(home, '{"role":"king","invite":"x"}'), 400)
    assert.equal(await post(home, '{"role":'), 400)
    assert.equal(await post(home, JSON.stringify({ ...pinning, invite: 'x'.repeat(70_000) })), 400)
    assert.equal(await post(home, JSON.stringify({ ...pinning, invite: 'x'.repeat(200_000) })), 413)
    assert.deepEqual(await callControl(home, 'GET', '/pins'), [])
  })

  it('that a killed process left behind is as good as none, and is replaced', async (t) => {
    const home = await temporaryHome(t)
    await writeFile(join(home, 'control.sock'), '')
    await assert.rejects(callControl(home, 'GET', '/pins'), { code: 'ERR_NOT_RUNNING' })
    const control = await startControl(home, { pins: async () => [] } as unknown as Controls)
    t.after(() => control.close())
    assert.deepEqual(await callControl(home, 'GET', '/pins'), [])
  })
})

describe('a peer that ends without an answer', () => {
  /** Takes a connection, says so much, and is gone. */
  async function dying(t: TestContext, words: string): Promise<string> {
    const home = await temporaryHome(t)
    const server = createServer((socket) => socket.once('data', () => socket.end(words)))
    await new Promise<void>((resolve) => server.listen(join(home, 'control.sock'), resolve))
    t.after(() => server.close())
    return home
  }

  it('is told from one that never ran, so that the request can be repeated', async (t) => {
    const home = await dying(t, '')
    await assert.rejects(callControl(home, 'POST', '/leave'), { code: 'ERR_PEER_ENDED' })
    await assert.rejects(
      followRun(home, pinning, () => {}),
      { code: 'ERR_PEER_ENDED' }
    )
  })

  it('is told from one that has joined already', async (t) => {
    const home = await dying(t, 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n')
    await assert.rejects(
      followRun(home, pinning, () => {}),
      { code: 'ERR_FOLLOWED_PEER_ENDED' }
    )
  })
})
