import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import type { LinkedPeer } from '../../../../node/participant/index.ts'
import {
  SimulatedNetwork,
  type SimulatedNetworkInit,
  type Station
} from '../../../../node/simulate/simulated-network.ts'
import { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import { createRandom } from '../../../../protocols/averaging/index.ts'

/** A station that notes what comes, and when. */
class Ear implements Station {
  readonly id: string
  readonly idBytes = new Uint8Array()
  readonly links = new Map<string, LinkedPeer>()
  readonly heard: [from: string, ms: number][] = []
  isMute = false
  readonly participant: Station['participant']

  constructor(id: string, clock: VirtualClock) {
    this.id = id
    this.participant = {
      chain: undefined,
      linkOpened: (peer) => void this.links.set(peer.id, peer),
      linkClosed: (other) => void this.links.delete(other),
      receive: (from) => void this.heard.push([from, clock.now()])
    }
  }

  async signedCopy() {
    return { header: new Uint8Array(1), copy: new Uint8Array(1000) }
  }
}

function linkedPair(init: Partial<SimulatedNetworkInit> = {}) {
  const clock = new VirtualClock()
  const [a, b] = [new Ear('a', clock), new Ear('b', clock)]
  const received = new Map<string, number>()
  const network = new SimulatedNetwork({
    clock,
    delayMs: () => 10,
    onReceived: (to, bytes) => void received.set(to.id, (received.get(to.id) ?? 0) + bytes),
    ...init
  })
  network.link(a, b)
  return { clock, a, b, network, received, toB: a.links.get('b')! }
}

const frame = (bytes: number) => ({ header: new Uint8Array(10), payload: new Uint8Array(bytes) })

suite('simulated network', () => {
  test('delivers after the delay and counts payloads', async () => {
    const { clock, b, received, toB } = linkedPair()
    toB.send(frame(90))
    clock.after(5, () => toB.send(frame(90)))
    await clock.advance(100)
    assert.deepEqual(b.heard, [
      ['a', 10],
      ['a', 15]
    ])
    assert.deepEqual([toB.rttMs, received.get('b')], [20, 180])
  })

  test('sends one frame after the other where an uplink is slow, and leaves out what the ninth would wait for', async () => {
    const { clock, b, toB } = linkedPair({ bytesPerSecond: 1000 })
    for (let i = 0; i < 10; i++) toB.send(frame(90))
    await clock.advance(10_000)
    assert.deepEqual(
      b.heard.map(([, ms]) => ms),
      [1, 2, 3, 4, 5, 6, 7, 8].map((i) => 100 * i + 10)
    )
  })

  test('does not carry a large payload in a frame, as a real link does not', async () => {
    const { clock, received, b, toB } = linkedPair()
    toB.send(frame(16 * 1024 + 1))
    await clock.advance(100)
    assert.deepEqual([b.heard.length, received.get('b')], [1, 0])
  })

  test('loses the share that it is told to, and no more', async () => {
    const { clock, b, toB } = linkedPair({ loss: { share: 0.3, random: createRandom(1) } })
    for (let i = 0; i < 1000; i++) {
      toB.send(frame(1))
      await clock.advance(20)
    }
    assert.ok(Math.abs(b.heard.length - 700) < 50, `${b.heard.length} of 1000 arrived`)
  })

  test('answers after a round trip, or fails after two where the request or the answer is lost', async () => {
    const { clock, toB, received } = linkedPair()
    await clock.until(toB.source.copy())
    assert.deepEqual([clock.now(), received.get('a')], [20, 1000])
    const lossy = linkedPair({ loss: { share: 0.999, random: createRandom(1) } })
    await assert.rejects(lossy.clock.until(lossy.toB.source.copy()), /no answer/)
    assert.equal(lossy.clock.now(), 40)
  })

  test('ends a link for both sides, and with it what is under way', async () => {
    const { clock, a, b, network, toB } = linkedPair()
    toB.send(frame(1))
    const copy = toB.source.copy()
    clock.after(5, () => network.cutOff(a))
    clock.after(6, () => network.link(a, b))
    await assert.rejects(clock.until(copy), /the link was closed/)
    await clock.advance(100)
    assert.deepEqual([b.heard, network.neighboursOf(a)], [[], [b]])
  })

  test('hears nothing from a station that hangs', async () => {
    const { clock, a, b, toB } = linkedPair()
    a.isMute = true
    toB.send(frame(1))
    await assert.rejects(clock.until(b.links.get('a')!.source.copy()), /no answer/)
    assert.deepEqual([b.heard, clock.now()], [[], 10_000])
  })
})
