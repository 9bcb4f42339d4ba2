import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import type { Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { fromString } from 'uint8arrays'
import { BlockService, type BlockServiceInit, type BlockStream } from '../../../../protocols/blocks/index.ts'
import { connectedNodes } from '../links/loopback-node.ts'

const PROTOCOL = '/starling/blocks/1.0.0'
const MIB = 1024 * 1024

/** So long, and filled with a byte that its number gives. */
function block(number: number, length = MIB): Uint8Array {
  return new Uint8Array(length).fill(number)
}

function serviceOf(t: TestContext, init: Pick<BlockServiceInit, 'libp2p' | 'read' | 'silenceMs'>) {
  const service = new BlockService(init)
  t.after(() => service.stop())
  return service
}

const nothing = async () => undefined

/** `silenceMs`: left out, it is longer than a busy machine is silent. */
async function openTo(t: TestContext, caller: Libp2p, callee: Libp2p, silenceMs?: number): Promise<BlockStream> {
  const limits = silenceMs === undefined ? {} : { silenceMs }
  const stream = await serviceOf(t, { libp2p: caller, read: nothing, ...limits }).open(callee.peerId.toString())
  assert.ok(stream)
  t.after(() => stream.close())
  return stream
}

/** A callee that does with a stream what no honest one does. */
async function openToStranger(t: TestContext, serve: (stream: Stream) => Promise<void>): Promise<BlockStream> {
  const [caller, callee] = await connectedNodes(t)
  await callee.handle(PROTOCOL, serve)
  return openTo(t, caller, callee, 200)
}

test('a peer gives the blocks that it has, in the order of asking, however many are asked for at once', async (t) => {
  const [caller, callee] = await connectedNodes(t)
  await serviceOf(t, {
    libp2p: callee,
    read: async ([number]) => (number! % 3 === 0 ? undefined : block(number!))
  }).start()
  const stream = await openTo(t, caller, callee)
  const answers = await Promise.all(Array.from({ length: 40 }, (_, number) => stream.get(new Uint8Array([number]))))
  for (const [number, bytes] of answers.entries()) {
    if (number % 3 === 0) assert.equal(bytes, undefined)
    else assert.ok(Buffer.from(bytes!).equals(block(number)), `block ${number}`)
  }
})

test('there is no stream to a peer that serves no blocks', async (t) => {
  const [caller, callee] = await connectedNodes(t)
  assert.equal(await serviceOf(t, { libp2p: caller, read: nothing }).open(callee.peerId.toString()), undefined)
})

test('a peer that stops leaves nobody waiting', async (t) => {
  const [caller, callee] = await connectedNodes(t)
  const service = serviceOf(t, { libp2p: callee, read: async () => block(1) })
  await service.start()
  const stream = await openTo(t, caller, callee)
  assert.ok(await stream.get(fromString('one')))
  await service.stop()
  await callee.stop()
  assert.equal(await stream.get(fromString('two')), undefined)
})

test('a stream that is closed answers those who wait, and everybody later', async (t) => {
  const stream = await openToStranger(t, async () => {})
  const waiting = stream.get(fromString('one'))
  await stream.close()
  assert.equal(await waiting, undefined)
  assert.equal(await stream.get(fromString('two')), undefined)
})

const strangers: readonly (readonly [does: string, serve: (stream: Stream) => Promise<void>])[] = [
  ['says nothing', async () => {}],
  ['claims a block of 16 MB', async (stream) => void stream.send(new Uint8Array([0x80, 0x80, 0x80, 0x08]))],
  [
    'closes its side in the middle of a block',
    async (stream) => {
      stream.send(new Uint8Array([100, 1, 2, 3]))
      await stream.close()
    }
  ],
  ['answers what nobody asked', async (stream) => void stream.send(new Uint8Array([1, 7, 1, 7, 1, 7]))]
]
for (const [does, serve] of strangers) {
  test(`a peer that ${does} keeps nobody waiting`, async (t) => {
    const stream = await openToStranger(t, serve)
    const answers = await Promise.all([stream.get(fromString('one')), stream.get(fromString('two'))])
    // What nobody asked for is taken for an answer, and found out by its hash: see storage.
    if (does !== 'answers what nobody asked') assert.deepEqual(answers, [undefined, undefined])
  })
}

test('a caller that asks for more than a CID loses its stream, and no other', async (t) => {
  const [caller, callee] = await connectedNodes(t)
  await serviceOf(t, { libp2p: callee, read: async () => block(1) }).start()
  const honest = await openTo(t, caller, callee)
  const rude = await caller.dialProtocol(callee.peerId, PROTOCOL)
  const frames = lpStream(rude)
  await frames.write(new Uint8Array(1000))
  await assert.rejects(frames.read())
  assert.ok(await honest.get(fromString('one')))
})
