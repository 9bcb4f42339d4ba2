import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { Libp2p, Stream } from '@libp2p/interface'
import { type LengthPrefixedStream, lpStream } from '@libp2p/utils'
import { fromString, toString as textOf } from 'uint8arrays'
import { readBulk, writeBulk } from '../../../protocols/bulk-frames.ts'
import { InvalidRecordError } from '../../../protocols/envelope/index.ts'
import { Requests, type RequestsInit } from '../../../protocols/request-response.ts'
import { refusal } from './envelope/refusals.ts'
import { filled, run } from './envelope/samples.ts'
import { connectedNodes } from './links/loopback-node.ts'
import { waitFor } from './links/wait-for.ts'

const PROTOCOL = '/starling/test/request/1.0.0'

/** The longest frame is one of bulk, 256 KiB, where messages are shorter. */
const OVERSIZED_BYTES = 256 * 1024 + 1

type Answer = RequestsInit['answer']

/** Answers with the request itself in two frames, and fails when asked to. */
const echo: Answer = async (request, frames) => {
  if (textOf(request) === 'fail') throw new Error('as it was told')
  await frames.write(request)
  await frames.write(request)
}

/** Rejects in the end, but not because its time was over. */
function notTimedOut(error: Error): true {
  assert.notEqual(error.name, 'TimeoutError', error.message)
  return true
}

function openStreams(node: Libp2p): Stream[] {
  const streams = node.getConnections().flatMap((connection) => connection.streams)
  return streams.filter(({ protocol, status }) => protocol === PROTOCOL && status === 'open')
}

function requestsOf(t: TestContext, libp2p: Libp2p, answer: Answer, faults: string[] = []): Requests {
  const onFault: RequestsInit['onFault'] = (peer, { reason }) => faults.push(`${peer} ${reason}`)
  const bounds = { maxMessageBytes: 1024, maxStreams: 4 }
  const requests = new Requests({ libp2p, protocol: PROTOCOL, run, runOf: () => run, ...bounds, answer, onFault })
  t.after(() => requests.stop())
  return requests
}

/** Sends a text and returns both frames of its echo. */
function asker(requests: Requests, callee: Libp2p) {
  return (text: string): Promise<string> =>
    requests.call(callee.peerId.toString(), fromString(text), 100, async (frames, signal) => {
      const [first, second] = [await frames.read({ signal }), await frames.read({ signal })]
      return `${textOf(first.subarray())} ${textOf(second.subarray())}`
    })
}

/** Two connected peers; the callee serves. */
async function callerAndCallee(t: TestContext, answer: Answer = echo) {
  const [caller, callee] = await connectedNodes(t)
  const faults: string[] = []
  const serving = requestsOf(t, callee, answer, faults)
  await serving.start()
  const requests = requestsOf(t, caller, answer)
  return { caller, callee, requests, serving, faults, ask: asker(requests, callee) }
}

/** A callee that answers one request with 600 kB and closes its side. */
async function callerAndShortCallee(t: TestContext) {
  const [caller, callee] = await connectedNodes(t)
  const bulk = new Uint8Array(600_000).map((_, i) => i % 251)
  await callee.handle(PROTOCOL, async (stream) => {
    const frames = lpStream(stream)
    await frames.read()
    await writeBulk(frames, bulk, AbortSignal.timeout(10_000))
    await stream.close()
  })
  const requests = requestsOf(t, caller, echo)
  const pull = () =>
    requests.call(callee.peerId.toString(), filled(9, 1), bulk.byteLength, async (frames, signal) =>
      Buffer.from(await readBulk(frames, bulk.byteLength, signal)).equals(bulk)
    )
  return { caller, callee, pull }
}

/** A caller that writes frames of any length by hand. */
async function framesTo(caller: Libp2p, callee: Libp2p): Promise<LengthPrefixedStream> {
  return lpStream(await caller.dialProtocol(callee.peerId, PROTOCOL))
}

suite('requests', () => {
  test('to one peer travel on one stream', async (t) => {
    const { caller, callee, ask } = await callerAndCallee(t)
    const ids = new Set<string>()
    for (let call = 0; call < 10; call++) {
      assert.equal(await ask(`${call}`), `${call} ${call}`)
      for (const { id } of openStreams(caller)) ids.add(id)
    }
    assert.deepEqual([ids.size, openStreams(caller).length, openStreams(callee).length], [1, 1, 1])
  })

  test('at once are answered in order, each with its own answer', async (t) => {
    const received: string[] = []
    const { caller, ask } = await callerAndCallee(t, async (request, frames, peer) => {
      received.push(textOf(request))
      await echo(request, frames, peer)
    })
    await ask('first')
    assert.deepEqual(await Promise.all(['a', 'b', 'c'].map(ask)), ['a a', 'b b', 'c c'])
    assert.deepEqual([received, openStreams(caller).length], [['first', 'a', 'b', 'c'], 1])
  })

  test('that the callee fails to answer end their stream, and the next is answered on another', async (t) => {
    const { caller, ask, faults } = await callerAndCallee(t)
    await ask('before')
    const [before] = openStreams(caller)
    const [failed, next] = await Promise.allSettled([ask('fail'), ask('next')])
    assert.deepEqual([failed.status, next], ['rejected', { status: 'fulfilled', value: 'next next' }])
    const after = openStreams(caller)
    assert.deepEqual([before!.status, after.length, faults], ['reset', 1, []])
    assert.notEqual(after[0]!.id, before!.id)
  })

  test('with an invalid answer end their stream, and the next is answered on another', async (t) => {
    const { caller, callee, requests, ask } = await callerAndCallee(t)
    await ask('before')
    const [before] = openStreams(caller)
    const invalid = requests.call(callee.peerId.toString(), fromString('odd'), 100, async (frames, signal) => {
      throw new InvalidRecordError('shape', `an answer of ${(await frames.read({ signal })).byteLength} bytes`)
    })
    // Its second frame is still under way when the next request begins.
    const next = ask('next')
    await assert.rejects(invalid, refusal('shape', /of 3 bytes/))
    assert.equal(await next, 'next next')
    assert.deepEqual([before!.status, openStreams(caller).length], ['aborted', 1])
  })

  test('find another stream where the callee has closed its side, and the old one is gone on both sides', async (t) => {
    const { caller, callee, pull } = await callerAndShortCallee(t)
    for (let call = 0; call < 3; call++) {
      assert.equal(await pull(), true)
      await waitFor(() => openStreams(caller).length === 0 && openStreams(callee).length === 0)
    }
  })

  test('that are oversized are reported, and cost their caller the stream and nothing else', async (t) => {
    const { caller, callee, ask, faults } = await callerAndCallee(t)
    await ask('before')
    const frames = await framesTo(caller, callee)
    // Refused by its length alone, so that the rest of it may find the stream gone.
    await frames.write(filled(OVERSIZED_BYTES, 1)).catch(notTimedOut)
    await waitFor(() => faults.length === 1)
    assert.deepEqual(faults, [`${caller.peerId} oversized`])
    await waitFor(() => openStreams(caller).length === 1)
    const [kept] = openStreams(caller)
    assert.equal(await ask('after'), 'after after')
    assert.deepEqual([openStreams(caller)[0]?.id, faults.length], [kept!.id, 1])
  })

  test('of the longest allowed size are answered', async (t) => {
    const { caller, callee, faults } = await callerAndCallee(t, (_, frames) => frames.write(fromString('taken')))
    const frames = await framesTo(caller, callee)
    await frames.write(filled(OVERSIZED_BYTES - 1, 1))
    assert.deepEqual([textOf((await frames.read()).subarray()), faults], ['taken', []])
  })
})

suite('streams kept for the next request', () => {
  test('are closed when the caller stops', async (t) => {
    const { caller, callee, requests, ask } = await callerAndCallee(t)
    await ask('before')
    await requests.stop()
    await waitFor(() => openStreams(caller).length === 0 && openStreams(callee).length === 0)
    await requests.stop()
  })

  test('are closed when the callee stops, which answers nothing any more', async (t) => {
    const { caller, callee, serving, ask } = await callerAndCallee(t)
    await ask('before')
    await serving.stop()
    await waitFor(() => openStreams(caller).length === 0 && openStreams(callee).length === 0)
    await assert.rejects(ask('after'), notTimedOut)
  })

  test('bring the answer under way when the callee stops', async (t) => {
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const { serving, ask } = await callerAndCallee(t, async (request, frames, peer) => {
      begun.resolve()
      await goOn.promise
      await echo(request, frames, peer)
    })
    const answer = ask('last')
    await begun.promise
    await serving.stop()
    goOn.resolve()
    assert.equal(await answer, 'last last')
  })

  test('are closed by the caller after 20 s without a request', async (t) => {
    const { caller, ask } = await callerAndCallee(t)
    t.mock.timers.enable({ apis: ['setTimeout'] })
    await ask('opens the stream')
    t.mock.timers.tick(19_999)
    assert.equal(openStreams(caller)[0]?.writeStatus, 'writable')
    t.mock.timers.tick(1)
    await waitFor(() => openStreams(caller).length === 0)
  })

  test('that say nothing from the first are ended by the callee after 10 s, though their opener leaves them open', async (t) => {
    const { caller, callee } = await callerAndCallee(t)
    t.mock.timers.enable({ apis: ['setTimeout'] })
    await caller.dialProtocol(callee.peerId, PROTOCOL)
    await waitFor(() => openStreams(callee).length === 1)
    t.mock.timers.tick(9_999)
    assert.equal(openStreams(callee)[0]?.writeStatus, 'writable')
    t.mock.timers.tick(1)
    await waitFor(() => openStreams(callee)[0]?.writeStatus === 'closed')
    t.mock.timers.tick(1000)
    await waitFor(() => openStreams(callee).length === 0)
  })

  test('outlast the time of one that the callee closed before', async (t) => {
    const { caller, serving, ask } = await callerAndCallee(t)
    t.mock.timers.enable({ apis: ['setTimeout'] })
    await ask('opens the stream')
    await serving.stop()
    await waitFor(() => openStreams(caller).length === 0)
    await serving.start()
    t.mock.timers.tick(19_999)
    assert.equal(await ask('on another'), 'on another on another')
    const [kept] = openStreams(caller)
    t.mock.timers.tick(1)
    assert.equal(await ask('on the same'), 'on the same on the same')
    assert.equal(openStreams(caller)[0]?.id, kept!.id)
  })
})

suite('a peer that is gone', () => {
  test('fails the request under way without waiting for its deadline, and every later one', async (t) => {
    const begun = Promise.withResolvers<void>()
    const { callee, ask } = await callerAndCallee(t, () => {
      begun.resolve()
      return new Promise(() => {}) // And never answers.
    })
    const underWay = assert.rejects(ask('under way'), notTimedOut)
    await begun.promise
    await callee.stop()
    await underWay
    await assert.rejects(ask('later'), notTimedOut)
  })
})
