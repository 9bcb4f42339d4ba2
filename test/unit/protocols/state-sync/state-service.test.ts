import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { generateKeyPairFromSeed } from '@libp2p/crypto/keys'
import type { Libp2p } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { authorOf, recordCid } from '../../../../protocols/envelope/index.ts'
import { peerText } from '../../../../protocols/links/index.ts'
import { StateService, type StateServiceInit } from '../../../../protocols/state-sync/index.ts'
import { encodeStateAnswer, MAX_CLOSED_BYTES } from '../../../../protocols/state-sync/messages.ts'
import { refusal } from '../envelope/refusals.ts'
import { filled, run } from '../envelope/samples.ts'
import { connectedNodes, connectedToRogue } from '../links/loopback-node.ts'

const PROTOCOL = '/starling/test/state/1.0.0'

/** 600 kB: three frames of bulk. */
const PARAMETERS = 150_000

const header = filled(900, 1)
const copy = new Uint8Array(4 * PARAMETERS).map((_, i) => (i * 7) % 253)
const checkpoint = filled(1000, 2)

function serviceOf(libp2p: Libp2p, changes: Partial<StateServiceInit> = {}): StateService {
  return new StateService({
    libp2p,
    protocol: PROTOCOL,
    run,
    parameterCount: PARAMETERS,
    copyOf: async () => ({ header, copy }),
    newestCheckpoint: () => checkpoint,
    ...changes
  })
}

async function callerAndCallee(t: TestContext, changes?: Partial<StateServiceInit>) {
  const [caller, callee] = await connectedNodes(t)
  await serviceOf(callee, changes).start()
  return { service: serviceOf(caller), callee: callee.peerId.toString() }
}

/** A callee that answers every request with these frames and closes. */
async function callerAndRogue(t: TestContext, frames: readonly Uint8Array[]) {
  const [caller, rogue] = await connectedToRogue(t, PROTOCOL, frames)
  return { service: serviceOf(caller), callee: rogue.peerId.toString() }
}

suite('state service', () => {
  test('fetches a copy of 600 kB with the header that signs it', async (t) => {
    const { service, callee } = await callerAndCallee(t)
    const fetched = await service.fetchCopy(callee)
    assert.deepEqual(Buffer.from(fetched.header), Buffer.from(header))
    assert.deepEqual(Buffer.from(fetched.copy), Buffer.from(copy))
  })

  test('rejects when the peer has published nothing yet', async (t) => {
    const { service, callee } = await callerAndCallee(t, { copyOf: async () => undefined })
    await assert.rejects(service.fetchCopy(callee), { name: 'NoCopyError' })
  })

  test('fetches the newest checkpoint that the peer knows of, or none', async (t) => {
    const { service, callee } = await callerAndCallee(t)
    assert.deepEqual(Buffer.from((await service.fetchCheckpoint(callee))!), Buffer.from(checkpoint))
    const none = await callerAndCallee(t, { newestCheckpoint: () => undefined })
    assert.equal(await none.service.fetchCheckpoint(none.callee), undefined)
  })

  test('fetches the last headers of the members that a peer knows to have closed, and refuses a longer list', async (t) => {
    const headers = [filled(600, 3), filled(700, 4)]
    const { service, callee } = await callerAndCallee(t, { closed: () => headers })
    assert.deepEqual(
      (await service.fetchClosed(callee)).map((one) => Buffer.from(one)),
      headers.map((one) => Buffer.from(one))
    )
    const none = await callerAndCallee(t)
    assert.deepEqual(await none.service.fetchClosed(none.callee), [])
    const boast = await callerAndRogue(t, [encodeStateAnswer({ v: 1, bytes: MAX_CLOSED_BYTES + 1 })])
    await assert.rejects(boast.service.fetchClosed(boast.callee), refusal('oversized'))
  })

  test('fetches the copy that a peer holds of somebody else', async (t) => {
    const asked: Uint8Array[] = []
    const copyOf = async (author: Uint8Array) => {
      asked.push(author)
      return { header, copy }
    }
    const { service, callee } = await callerAndCallee(t, { copyOf })
    const author = authorOf(await generateKeyPairFromSeed('Ed25519', new Uint8Array(32).fill(3)))
    await service.fetchCopy(callee, author)
    await service.fetchCopy(callee)
    assert.deepEqual(Buffer.from(asked[0]!), Buffer.from(author))
    assert.equal(peerText(asked[1]!), callee)
  })

  test('answers nothing to a peer of another run', async (t) => {
    const { service, callee } = await callerAndCallee(t, { run: recordCid(filled(1, 99)).bytes })
    await assert.rejects(service.fetchCopy(callee))
    await assert.rejects(service.fetchCheckpoint(callee))
  })

  test('refuses a copy of another size than the run has before it is read', async (t) => {
    for (const bytes of [0xffff_ffff, copy.byteLength - 4]) {
      const { service, callee } = await callerAndRogue(t, [encodeStateAnswer({ v: 1, record: header, bytes })])
      await assert.rejects(service.fetchCopy(callee), refusal('wrong-length', new RegExp(`${bytes}`)))
    }
  })

  test('refuses an answer that is too large or no answer at all', async (t) => {
    const large = await callerAndRogue(t, [filled(5000, 1)])
    await assert.rejects(large.service.fetchCheckpoint(large.callee), refusal('oversized'))
    const garbage = await callerAndRogue(t, [filled(50, 0xff)])
    await assert.rejects(garbage.service.fetchCheckpoint(garbage.callee), refusal('shape'))
  })

  test('survives a caller that asks wrongly', async (t) => {
    const [caller, callee] = await connectedNodes(t)
    await serviceOf(callee).start()
    const stream = await caller.dialProtocol(callee.peerId, PROTOCOL)
    await lpStream(stream).write(filled(100, 0xff))
    const fetched = await serviceOf(caller).fetchCopy(callee.peerId.toString())
    assert.equal(fetched.copy.byteLength, copy.byteLength)
    stream.abort(new Error('end of test'))
  })
})
