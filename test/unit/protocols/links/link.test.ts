import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { lpStream, streamPair } from '@libp2p/utils'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import type { DeltaFrame } from '../../../../protocols/delta-gossip/index.ts'
import { Link } from '../../../../protocols/links/link.ts'
import { encodeFrame, type Frame, MAX_INLINE_PAYLOAD_BYTES, parseFrame } from '../../../../protocols/links/messages.ts'
import { author, filled } from '../envelope/samples.ts'
import { waitFor } from './wait-for.ts'

/** A link on one end of a pair of streams in memory; the other end is in the hands of the test. */
async function linkBench({ isRead = true } = {}) {
  const clock = new VirtualClock()
  const [stream, remote] = await streamPair()
  const deltas: DeltaFrame[] = []
  const faults: string[] = []
  const closed: string[] = []
  const link = new Link({
    id: 'neighbour',
    idBytes: author,
    isInbound: false,
    stream,
    frames: isRead ? lpStream(stream) : { ...lpStream(stream), write: () => new Promise(() => {}) },
    clock,
    degree: () => 5,
    onDelta: (frame) => deltas.push(frame),
    onFault: ({ reason }) => faults.push(reason),
    onClosed: (reason) => closed.push(reason)
  })
  const frames = lpStream(remote)
  const received: Frame[] = []
  const readAll = async () => {
    while (true) received.push(parseFrame((await frames.read()).subarray()))
  }
  readAll().catch(() => {})
  const send = (frame: Frame) => frames.write(encodeFrame(frame))
  link.start()
  return { link, clock, remote, frames, send, received, deltas, faults, closed }
}

suite('link', () => {
  test('delivers headers and inline payloads in both directions', async () => {
    const { link, send, received, deltas } = await linkBench()
    const delta = { header: filled(100, 1), payload: filled(200, 2) }
    link.send(delta)
    await send({ header: delta.header })
    await waitFor(() => deltas.length === 1 && received.some(({ header }) => header !== undefined))
    assert.deepEqual(deltas, [{ header: delta.header }])
    assert.deepEqual(
      received.find(({ header }) => header !== undefined),
      delta
    )
    await link.close('end of test')
  })

  test('leaves a payload above 16 KiB to be pulled', async () => {
    const { link, received } = await linkBench()
    link.send({ header: filled(100, 1), payload: filled(MAX_INLINE_PAYLOAD_BYTES, 2) })
    link.send({ header: filled(100, 3), payload: filled(MAX_INLINE_PAYLOAD_BYTES + 1, 2) })
    await waitFor(() => received.filter(({ header }) => header !== undefined).length === 2)
    const payloads = received.filter(({ header }) => header !== undefined).map(({ payload }) => payload?.byteLength)
    assert.deepEqual(payloads, [MAX_INLINE_PAYLOAD_BYTES, undefined])
    await link.close('end of test')
  })

  test('measures its round trip as the least of several probes, and tells its degree with them', async () => {
    const { link, clock, send, received } = await linkBench()
    assert.equal(link.rttMs, 0)
    for (const [probe, ms] of [40, 90, 15, 60].entries()) {
      await waitFor(() => received.filter(({ ping }) => ping !== undefined).length === probe + 1)
      await clock.advance(ms)
      const before = link.rttMs
      await send({ pong: received.at(-1)!.ping!, degree: 9 })
      await waitFor(() => link.remoteDegree === 9 && (probe === 1 || probe === 3 || link.rttMs !== before))
      await clock.advance(250 - ms)
    }
    assert.equal(link.rttMs, 15)
    assert.ok(received.every(({ ping, degree }) => ping === undefined || degree === 5))
    await link.close('end of test')
  })

  test('takes no answer to a probe that it did not send', async () => {
    const { link, send } = await linkBench()
    await send({ pong: 77, degree: 2 })
    await waitFor(() => link.remoteDegree === 2)
    assert.equal(link.rttMs, 0)
    await link.close('end of test')
  })

  test('answers probes', async () => {
    const { link, send, received } = await linkBench()
    await send({ ping: 123 })
    await waitFor(() => received.some(({ pong }) => pong === 123))
    await link.close('end of test')
  })

  test('closes once when nothing is heard for fifteen seconds, and not while there is', async () => {
    const { clock, send, deltas, closed } = await linkBench()
    for (let i = 1; i <= 4; i++) {
      await clock.advance(5000)
      await send({ header: filled(10, 1) })
      await waitFor(() => deltas.length === i)
    }
    assert.deepEqual(closed, [])
    await clock.advance(15_000)
    assert.deepEqual(closed, [])
    await clock.advance(6000)
    await clock.advance(30_000)
    assert.deepEqual(closed, ['silent'])
  })

  test('closes when a neighbour that talks takes nothing for fifteen seconds', async () => {
    const { clock, send, deltas, closed } = await linkBench({ isRead: false })
    for (let i = 1; i <= 4; i++) {
      assert.deepEqual(closed, [])
      await send({ header: filled(10, 1) })
      await waitFor(() => deltas.length === i)
      await clock.advance(5000)
    }
    assert.deepEqual(closed, ['silent'])
  })

  test('parts with a reason that the other side hears, and sends nothing more', async () => {
    const { link, received, closed } = await linkBench()
    await link.close('swapped')
    link.send({ header: filled(100, 1) })
    await waitFor(() => received.some(({ bye }) => bye === 'swapped'))
    await link.close('again')
    assert.deepEqual(closed, ['swapped'])
    assert.equal(
      received.some(({ header }) => header !== undefined),
      false
    )
  })

  test('closes with the reason of the other side, or as closed when there is none', async () => {
    const polite = await linkBench()
    await polite.send({ bye: 'surplus' })
    await waitFor(() => polite.closed.length > 0)
    assert.deepEqual(polite.closed, ['surplus'])
    const gone = await linkBench()
    gone.remote.abort(new Error('gone'))
    await waitFor(() => gone.closed.length > 0)
    assert.deepEqual([gone.closed, gone.faults], [['closed'], []])
  })

  test('closes on bytes that are no frame, and counts them', async () => {
    const { frames, faults, closed, deltas } = await linkBench()
    await frames.write(filled(50, 0xff))
    await waitFor(() => closed.length > 0)
    assert.deepEqual([faults, closed, deltas], [['shape'], ['fault'], []])
  })
})
