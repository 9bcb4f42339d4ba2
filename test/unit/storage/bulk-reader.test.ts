import assert from 'node:assert/strict'
import { type TestContext, test } from 'node:test'
import { CID } from 'multiformats/cid'
import type { Storage } from '../../../storage/index.ts'
import { startPeer } from './storage-peer.ts'
import { cborBlock, noise } from './temporary-storage.ts'

const MIB = 1024 * 1024
const LEAVES = 5

/**
 * A holder with a manifest over a file of five leaves, and a reader that asks it in bulk as `answer` does. What the
 * holder's own store is asked for otherwise came by bitswap.
 */
async function holderAndReader(
  t: TestContext,
  answer: (held: Uint8Array | undefined, asked: number) => Uint8Array | undefined
) {
  const holder = await startPeer(t)
  const file = await holder.storage.putFile(noise(LEAVES * MIB, 9))
  const manifest = await cborBlock({ file })
  await holder.storage.putBlock(manifest.cid, manifest.bytes)
  const bulk = { opened: [] as string[], asked: 0, closed: 0 }
  const openBulk = async (peer: string) => {
    bulk.opened.push(peer)
    const get = async (cid: Uint8Array) => answer(await holder.storage.heldBlock(CID.decode(cid)), bulk.asked++)
    return { get, close: async () => void bulk.closed++ }
  }
  const reader = await startPeer(t, { openBulk })
  await reader.libp2p.dial(holder.libp2p.getMultiaddrs())
  const byBitswap = t.mock.method(holder.stores.blockstore, 'get')
  return { holder, reader, root: manifest.cid, file, bulk, byBitswap }
}

async function assertWhole(storage: Storage, root: CID, file: CID): Promise<void> {
  assert.equal((await storage.fetchDag(root)).blocks, 2 + LEAVES)
  assert.ok(Buffer.from(await storage.getFile(file)).equals(noise(LEAVES * MIB, 9)))
}

test('whoever had the first block is asked for all others in bulk', { timeout: 30_000 }, async (t) => {
  const { holder, reader, root, file, bulk } = await holderAndReader(t, (held) => held)
  await reader.storage.fetchDag(root)
  assert.deepEqual(bulk, { opened: [holder.libp2p.peerId.toString()], asked: 1 + LEAVES, closed: 1 })
  await holder.libp2p.stop()
  await assertWhole(reader.storage, root, file)
})

test('what does not come in bulk, or is not what it should be, comes by bitswap', { timeout: 30_000 }, async (t) => {
  const { reader, root, file, bulk, byBitswap } = await holderAndReader(t, (held, asked) => {
    if (asked % 3 === 0) return held
    return asked % 3 === 1 ? undefined : new Uint8Array(held!.byteLength)
  })
  await assertWhole(reader.storage, root, file)
  assert.equal(bulk.asked, 1 + LEAVES)
  // Six were asked for in bulk, two of them were good, and each of the six was read here for that; the first never was.
  assert.equal(byBitswap.mock.callCount() - bulk.asked, 1 + 4)
})

test('what is here is asked of nobody', { timeout: 30_000 }, async (t) => {
  const { reader, root, file, bulk, byBitswap } = await holderAndReader(t, (held) => held)
  await assertWhole(reader.storage, root, file)
  const before = { ...bulk, calls: byBitswap.mock.callCount() }
  await assertWhole(reader.storage, root, file)
  assert.deepEqual({ ...bulk, calls: byBitswap.mock.callCount() }, before)
})
