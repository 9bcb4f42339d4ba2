import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MultiaddrConnection } from '@libp2p/interface'
import { UploadLimiter } from '../../../../node/limits/index.ts'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'

const RATE = 50_000

/** Bytes that nobody looks at, with what the limiter asks of libp2p's lists of bytes. */
class Bytes {
  byteLength: number

  constructor(byteLength: number) {
    this.byteLength = byteLength
  }

  sublist(from: number, to: number): Bytes {
    return new Bytes(to - from)
  }

  consume(count: number): void {
    this.byteLength -= count
  }

  append({ byteLength }: Bytes): void {
    this.byteLength += byteLength
  }
}

/** A connection as libp2p's base class sees its socket: takes what it is given, up to `room`, and keeps count. */
class FakeConnection extends EventTarget {
  sent = 0
  room = Number.POSITIVE_INFINITY
  drains = 0
  aborted: Error | undefined

  constructor() {
    super()
    this.addEventListener('drain', () => {
      this.drains += 1
    })
  }

  sendData(data: Bytes): { sentBytes: number; canSendMore: boolean } {
    this.sent += data.byteLength
    this.room -= data.byteLength
    return { sentBytes: data.byteLength, canSendMore: this.room > 0 }
  }

  safeDispatchEvent(name: string): void {
    this.dispatchEvent(new Event(name))
  }

  abort(error: Error): void {
    this.aborted = error
  }
}

function setUp(count: number) {
  const clock = new VirtualClock()
  const limiter = new UploadLimiter({ bytesPerSecond: RATE, clock })
  const connections = Array.from({ length: count }, () => new FakeConnection())
  for (const connection of connections) limiter.shape(connection as unknown as MultiaddrConnection)
  return { clock, limiter, connections }
}

function bytes(count: number): Bytes {
  return new Bytes(count)
}

const never = new AbortController().signal

describe('an upload limiter', () => {
  it('lets through what the limit allows, whatever is asked for, and all of it in the end', async () => {
    const { clock, connections } = setUp(3)
    for (const connection of connections) connection.sendData(bytes(1_000_000))
    await clock.advance(30_000)
    const sent = connections.map(({ sent }) => sent)
    const total = sent.reduce((a, b) => a + b)
    assert.ok(total <= 1.05 * 30 * RATE && total >= 0.98 * 30 * RATE, `${total} bytes in 30 s`)
    // The first had what half a second of silence had saved up to itself.
    assert.ok(Math.max(...sent) - Math.min(...sent) <= RATE / 2 + 8192, `connections take turns: ${sent}`)
    await clock.advance(60_000)
    assert.deepEqual(
      connections.map(({ sent }) => sent),
      [1_000_000, 1_000_000, 1_000_000]
    )
  })

  it('tells a connection to wait, and when its message is gone', async () => {
    const { clock, connections } = setUp(1)
    const [connection] = connections
    assert.deepEqual(connection!.sendData(bytes(1000)), { sentBytes: 1000, canSendMore: true })
    assert.deepEqual(connection!.sendData(bytes(100_000)), { sentBytes: 100_000, canSendMore: false })
    await clock.advance(1000)
    assert.equal(connection!.drains, 0)
    await clock.advance(2000)
    assert.equal(connection!.drains, 1)
    assert.equal(connection!.sent, 101_000)
  })

  it('waits for a socket that is full, and serves the others meanwhile', async () => {
    const { clock, connections } = setUp(2)
    const [stuck, free] = connections
    stuck!.room = 5000
    stuck!.sendData(bytes(20_000))
    free!.sendData(bytes(20_000))
    await clock.advance(5000)
    assert.equal(free!.sent, 20_000)
    assert.ok(stuck!.sent < 10_000, `${stuck!.sent} bytes into a full socket`)
    stuck!.room = Number.POSITIVE_INFINITY
    stuck!.safeDispatchEvent('drain')
    await clock.advance(5000)
    assert.equal(stuck!.sent, 20_000)
  })

  it('forgets what a closed connection had to send', async () => {
    const { clock, limiter, connections } = setUp(1)
    connections[0]!.sendData(bytes(1_000_000))
    connections[0]!.dispatchEvent(new Event('close'))
    await clock.until(limiter.idle(never))
    assert.ok(connections[0]!.sent < RATE)
  })

  it('lets bulk in at the limit, in order, so that a probe finds the way free', async () => {
    const { clock, limiter, connections } = setUp(2)
    const [bulk, link] = connections
    const given: number[] = []
    for (let i = 0; i < 100; i++) {
      void limiter.bulkTurn(8000, never).then(() => {
        given.push(i)
        bulk!.sendData(bytes(8000))
      })
    }
    await clock.advance(8000)
    assert.ok(given.length < 60 && given.length > 40, `${given.length} turns of 8 kB in 8 s at 50 kB/s`)
    assert.deepEqual(
      given,
      given.toSorted((a, b) => a - b)
    )
    link!.sendData(bytes(200))
    await clock.advance(500)
    assert.equal(link!.sent, 200)
  })

  it('is idle when all is sent, and gives up a turn whose caller is gone', async () => {
    const { clock, limiter } = setUp(1)
    const gone = new AbortController()
    const turns = Array.from({ length: 20 }, () => limiter.bulkTurn(20_000, gone.signal))
    const settled = Promise.allSettled(turns)
    let isIdle = false
    const idle = limiter.idle(never).then(() => {
      isIdle = true
    })
    await clock.advance(100)
    assert.equal(isIdle, false)
    gone.abort(new Error('gone'))
    await clock.until(idle)
    const kept = (await settled).filter(({ status }) => status === 'fulfilled').length
    assert.ok(kept < 10, `${kept} turns were given`)
  })
})
