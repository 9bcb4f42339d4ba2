import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { setTimeout as delay } from 'node:timers/promises'
import type { PeerBlockstore } from '../../../storage/blocks.ts'
import { collect } from '../../../storage/collect.ts'
import { startHelia } from '../../../storage/helia.ts'
import { atEnd } from '../../at-end.ts'
import { startNode, startPeer } from './storage-peer.ts'
import { rawBlock } from './temporary-storage.ts'

const CONTENT = 'asked for twice'

type Read = (signal?: AbortSignal) => Promise<Uint8Array>

/** What is put is put once `release` was called; `isComing` is settled when the first block comes. */
function slow(t: TestContext, blockstore: PeerBlockstore) {
  const { promise: isReleased, resolve: release } = Promise.withResolvers<void>()
  const { promise: isComing, resolve: comes } = Promise.withResolvers<void>()
  const put = blockstore.put.bind(blockstore)
  t.mock.method(blockstore, 'put', async (...args: Parameters<typeof put>) => {
    comes()
    await isReleased
    return put(...args)
  })
  return { isComing, release }
}

async function startHolder(t: TestContext) {
  const { libp2p, storage } = await startPeer(t)
  const { cid, bytes } = await rawBlock(CONTENT)
  await storage.putBlock(cid, bytes)
  return { cid, addresses: libp2p.getMultiaddrs() }
}

/** A block that a connected peer holds, read onto a slow disk through a storage. */
async function readFromHolder(t: TestContext) {
  const { cid, addresses } = await startHolder(t)
  const { libp2p, storage, stores } = await startPeer(t)
  await libp2p.dial(addresses)
  const read: Read = (signal) => storage.getBlock(cid, signal === undefined ? {} : { signal })
  return { read, ...slow(t, stores.blockstore) }
}

/** One caller parts while the block comes, and another one comes before it is on the disk. */
async function readInTurn(read: Read, isComing: Promise<void>, release: () => void): Promise<string> {
  const leaving = new AbortController()
  read(leaving.signal).catch(() => {})
  await isComing
  leaving.abort(new Error('left'))
  const second = read(AbortSignal.timeout(3000))
  await delay(100)
  release()
  return Buffer.from(await second).toString()
}

test('a block that a caller gives up as it comes is there for the next', { timeout: 15_000 }, async (t) => {
  const { read, isComing, release } = await readFromHolder(t)
  assert.equal(await readInTurn(read, isComing, release), CONTENT)
})

test('of two such wants of Helia itself, the second is never answered (control)', { timeout: 15_000 }, async (t) => {
  const { cid, addresses } = await startHolder(t)
  const { libp2p, stores } = await startNode(t)
  const helia = await startHelia(stores, libp2p)
  atEnd(t, () => helia.stop())
  await libp2p.dial(addresses)
  const { isComing, release } = slow(t, stores.blockstore)
  const read: Read = (signal) => collect(helia.blockstore.get(cid, signal === undefined ? {} : { signal }))
  await assert.rejects(readInTurn(read, isComing, release), { name: 'LoadBlockFailedError' })
})

test('callers that part, at any time, leave the others their block', { timeout: 15_000 }, async (t) => {
  const { read, release } = await readFromHolder(t)
  const parting = Array.from({ length: 8 }, (_, place) =>
    assert.rejects(read(AbortSignal.timeout(10 * place)), { name: 'TimeoutError' })
  )
  const staying = read()
  await Promise.all(parting)
  const late = read()
  release()
  for (const bytes of [await staying, await late]) assert.equal(Buffer.from(bytes).toString(), CONTENT)
})
