import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import type { Libp2p } from '@libp2p/interface'
import { type DeltaFrame, DeltaService, type DeltaSource } from '../../../../protocols/delta-gossip/index.ts'
import {
  encodeDeltaAnswer,
  encodeDeltaRequest,
  parseDeltaRequest
} from '../../../../protocols/delta-gossip/messages.ts'
import { recordCid } from '../../../../protocols/envelope/index.ts'
import { refusal } from '../envelope/refusals.ts'
import { filled, run } from '../envelope/samples.ts'
import { connectedNodes, connectedToRogue } from '../links/loopback-node.ts'

const PROTOCOL = '/starling/test/delta/1.0.0'

/** Three frames of bulk. */
const PAYLOAD_BYTES = 600_000

const incarnation = filled(16, 3)
const rootOf = (seq: number) => recordCid(filled(1, seq)).bytes
const payloadOf = (seq: number) => new Uint8Array(PAYLOAD_BYTES).map((_, i) => (i * 7 + seq) % 253)

/** A chain of six deltas of which the first two are forgotten. */
const kept = [2, 3, 4, 5].map((seq) => ({ seq, header: filled(900, seq), payload: payloadOf(seq) }))

class KeptDeltas implements DeltaSource {
  payload(root: Uint8Array): Uint8Array | undefined {
    return kept.find(({ seq }) => Buffer.compare(rootOf(seq), root) === 0)?.payload
  }

  deltas(asked: Uint8Array, from: number, to: number): readonly Required<DeltaFrame>[] {
    return Buffer.compare(asked, incarnation) === 0 ? kept.filter(({ seq }) => seq >= from && seq <= to) : []
  }
}

function serviceOf(libp2p: Libp2p, changes: { run?: Uint8Array } = {}): DeltaService {
  const init = { libp2p, protocol: PROTOCOL, run, payloadBytes: PAYLOAD_BYTES, source: new KeptDeltas() }
  return new DeltaService({ ...init, ...changes })
}

/** Two connected peers; the callee serves. */
async function callerAndCallee(t: TestContext, changes?: { run: Uint8Array }) {
  const [caller, callee] = await connectedNodes(t)
  await serviceOf(callee).start()
  return { service: serviceOf(caller, changes), callee: callee.peerId.toString() }
}

/** A callee that answers every request with these frames and closes. */
async function callerAndRogue(t: TestContext, frames: readonly Uint8Array[]) {
  const [caller, rogue] = await connectedToRogue(t, PROTOCOL, frames)
  return { service: serviceOf(caller), callee: rogue.peerId.toString() }
}

suite('delta service', () => {
  test('fetches a payload of 600 kB by its root', async (t) => {
    const { service, callee } = await callerAndCallee(t)
    assert.deepEqual(await service.pullPayload(callee, rootOf(4), PAYLOAD_BYTES), payloadOf(4))
  })

  test('fetches the deltas that are still held, oldest first, and leaves out the others', async (t) => {
    const { service, callee } = await callerAndCallee(t)
    const deltas = await service.pullDeltas(callee, incarnation, 0, 4)
    assert.deepEqual(
      deltas.map(({ header, payload }) => [header[0], payload]),
      [2, 3, 4].map((seq) => [seq, payloadOf(seq)])
    )
    assert.deepEqual(await service.pullDeltas(callee, filled(16, 4), 2, 4), [])
  })

  test('rejects a root that nobody has, and serves the next request', async (t) => {
    const { service, callee } = await callerAndCallee(t)
    await assert.rejects(service.pullPayload(callee, rootOf(0), PAYLOAD_BYTES))
    assert.equal((await service.pullPayload(callee, rootOf(2), PAYLOAD_BYTES)).byteLength, PAYLOAD_BYTES)
  })

  test('answers nothing to a peer of another run', async (t) => {
    const { service, callee } = await callerAndCallee(t, { run: recordCid(filled(1, 99)).bytes })
    await assert.rejects(service.pullPayload(callee, rootOf(2), PAYLOAD_BYTES))
  })

  test('does not answer any more once it is stopped', async (t) => {
    const [caller, callee] = await connectedNodes(t)
    const service = serviceOf(callee)
    await service.start()
    await service.stop()
    await assert.rejects(serviceOf(caller).pullPayload(callee.peerId.toString(), rootOf(2), PAYLOAD_BYTES))
  })

  test('refuses a payload of another size than the header says before it is read', async (t) => {
    const { service, callee } = await callerAndRogue(t, [encodeDeltaAnswer({ v: 1, bytes: 0xffff_ffff })])
    await assert.rejects(service.pullPayload(callee, rootOf(2), PAYLOAD_BYTES), refusal('wrong-length', /4294967295/))
  })

  test('refuses a delta larger than those of the run before it is read', async (t) => {
    const header = filled(900, 1)
    const answer = encodeDeltaAnswer({ v: 1, header, bytes: PAYLOAD_BYTES + 1 })
    const { service, callee } = await callerAndRogue(t, [answer])
    await assert.rejects(service.pullDeltas(callee, incarnation, 2, 4), refusal('oversized', /600001/))
  })

  test('refuses frames that do not add up to the length', async (t) => {
    const head = encodeDeltaAnswer({ v: 1, bytes: 10 })
    const tooLong = await callerAndRogue(t, [head, filled(11, 1)])
    await assert.rejects(
      tooLong.service.pullPayload(tooLong.callee, rootOf(2), 10),
      refusal('wrong-length', /11 bytes/)
    )
    const tooShort = await callerAndRogue(t, [head, filled(9, 1)])
    await assert.rejects(tooShort.service.pullPayload(tooShort.callee, rootOf(2), 10))
    const empty = await callerAndRogue(t, [head, new Uint8Array()])
    await assert.rejects(empty.service.pullPayload(empty.callee, rootOf(2), 10), refusal('wrong-length'))
  })

  test('takes no more deltas than it asked for', async (t) => {
    const answer = encodeDeltaAnswer({ v: 1, header: filled(9, 1), bytes: 0 })
    const { service, callee } = await callerAndRogue(t, new Array<Uint8Array>(50).fill(answer))
    await assert.rejects(service.pullDeltas(callee, incarnation, 1, 3), refusal('oversized', /more than the 3 deltas/))
  })
})

suite('delta request', () => {
  test('for a range that is upside down or wider than a gap is answered with nothing', async (t) => {
    const { service, callee } = await callerAndCallee(t)
    assert.deepEqual(await service.pullDeltas(callee, incarnation, 2, 10), [])
    assert.equal((await service.pullDeltas(callee, incarnation, 2, 9)).length, 4)
  })

  test('survives encoding and refuses what is not one', () => {
    const request = { v: 1, run, incarnation, from: 3, to: 4 } as const
    assert.deepEqual(parseDeltaRequest(encodeDeltaRequest(request)), request)
    assert.throws(() => parseDeltaRequest(filled(2000, 1)), refusal('oversized'))
    assert.throws(() => encodeDeltaRequest({ ...request, incarnation: filled(15, 1) }), refusal('shape'))
  })
})
