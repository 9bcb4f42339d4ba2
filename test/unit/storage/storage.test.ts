import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { test } from 'node:test'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'
import { CID } from 'multiformats/cid'
import { sha256, sha512 } from 'multiformats/hashes/sha2'
import { blockKey } from '../../../storage/block-key.ts'
import { openStorage, type Storage } from '../../../storage/index.ts'
import { temporaryHome } from './temporary-home.ts'
import { cborBlock, noise, rawBlock, temporaryStorage } from './temporary-storage.ts'

const MIB = 1024 * 1024

test('gives back the blocks it was given, also after it was opened again', async (t) => {
  const home = await temporaryHome(t)
  const first = await openStorage({ home })
  const { cid, bytes } = await rawBlock('block')
  await first.putBlock(cid, bytes)
  await first.close()
  const second = await openStorage({ home })
  assert.deepEqual(Buffer.from(await second.getBlock(cid)), Buffer.from(bytes))
  await second.close()
})

test('flushes a block unless told otherwise', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const put = t.mock.method(stores.blockstore, 'put')
  const [flushed, quick] = [await rawBlock('flushed'), await rawBlock('quick')]
  await storage.putBlock(flushed.cid, flushed.bytes)
  await storage.putBlock(quick.cid, quick.bytes, { sync: false })
  assert.deepEqual(
    put.mock.calls.map(({ arguments: [, , options] }) => options?.sync ?? true),
    [true, false]
  )
})

test('says at once that a block is missing when there is nobody to ask', async (t) => {
  const { storage } = await temporaryStorage(t)
  const { cid } = await rawBlock('missing')
  await assert.rejects(storage.getBlock(cid), { code: 'ERR_BLOCK_NOT_FOUND' })
  await assert.rejects(storage.getFile(cid), { code: 'ERR_BLOCK_NOT_FOUND' })
  await assert.rejects(storage.fetchDag(cid), { code: 'ERR_BLOCK_NOT_FOUND' })
  const strange = CID.createV1(0x55, await sha512.digest(new Uint8Array(1)))
  await assert.rejects(storage.getBlock(strange), { code: 'ERR_UNSUPPORTED_HASH', message: /0x13/ })
})

test('does not give out a block that went bad on the disk, and takes it in again', async (t) => {
  const { home, storage } = await temporaryStorage(t)
  const { cid, bytes } = await rawBlock('precious')
  await storage.putBlock(cid, bytes)
  const key = blockKey(cid)
  const path = home.path('blocks', key.slice(-2), `${key}.data`)
  await writeFile(path, 'preciouX')
  await assert.rejects(storage.getBlock(cid), { code: 'ERR_BLOCK_NOT_FOUND' })
  await storage.putBlock(cid, bytes)
  assert.equal(await readFile(path, 'utf8'), 'precious')
})

test('refuses to write a block that peers would not exchange', async (t) => {
  const { storage } = await temporaryStorage(t)
  const { cid, bytes } = await rawBlock(new Uint8Array(MIB + 1))
  await assert.rejects(storage.putBlock(cid, bytes), { code: 'ERR_BLOCK_TOO_LARGE', message: /1048577/ })
})

test('gives files the CIDs that Kubo gives them with its profile unixfs-v1-2025', async (t) => {
  const { storage } = await temporaryStorage(t)
  const hello = await storage.putFile(new TextEncoder().encode('hello\n'))
  // sha2-256 of "hello\n" as a raw leaf: `printf 'hello\n' | ipfs add --cid-version 1`
  assert.equal(hello.toString(), 'bafkreicysg23kiwv34eg2d7qweipxwosdo2py4ldv42nbauguluen5v6am')
  const large = noise(3 * MIB + 17, 1)
  const cid = await storage.putFile(large)
  assert.deepEqual((await storage.fetchDag(cid)).blocks, 1 + 4) // one node over four leaves of 1 MiB
  assert.deepEqual(Buffer.from(await storage.getFile(cid)), Buffer.from(large))
})

test('refuses a file that is larger than asked for before it reads its leaves', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const bytes = noise(3 * MIB, 2)
  const cid = await storage.putFile(bytes)
  assert.equal((await storage.getFile(cid, { maxBytes: bytes.byteLength })).byteLength, bytes.byteLength)
  const get = t.mock.method(stores.blockstore, 'get')
  const expected = { code: 'ERR_FILE_TOO_LARGE', message: /3145728 bytes, at most 3145727/ }
  await assert.rejects(storage.getFile(cid, { maxBytes: bytes.byteLength - 1 }), expected)
  assert.ok(get.mock.calls.every(({ arguments: [read] }) => read.equals(cid)))
})

/** Stores a node of a UnixFS file as a stranger may have made it. */
async function putNode(storage: Storage, children: readonly CID[], claimedBytes: bigint): Promise<CID> {
  const data = new UnixFS({ type: 'file', blockSizes: children.map(() => claimedBytes) })
  const bytes = dagPb.encode({ Data: data.marshal(), Links: children.map((Hash) => ({ Name: '', Tsize: 1, Hash })) })
  return storage.putBlock(CID.createV1(dagPb.code, await sha256.digest(bytes)), bytes)
}

test('refuses a file that claims to be small and is not', async (t) => {
  const { storage } = await temporaryStorage(t)
  const leaves = []
  for (const seed of [3, 4, 5]) {
    const { cid, bytes } = await rawBlock(noise(MIB, seed))
    leaves.push(await storage.putBlock(cid, bytes))
  }
  const honest = await putNode(storage, leaves, BigInt(MIB))
  assert.equal((await storage.getFile(honest)).byteLength, 3 * MIB)
  const lying = await putNode(storage, leaves, 1n)
  await assert.rejects(storage.getFile(lying, { maxBytes: 1000 }), { code: 'ERR_FILE_TOO_LARGE' })
})

for (const leafBytes of [1024, 0]) {
  test(`refuses a few blocks that unfold into a million leaves of ${leafBytes} bytes`, async (t) => {
    const { storage } = await temporaryStorage(t)
    const leaf = await rawBlock(noise(leafBytes, 6))
    let child: CID = await storage.putBlock(leaf.cid, leaf.bytes)
    for (let level = 0; level < 4; level++) child = await putNode(storage, Array<CID>(32).fill(child), 0n)
    assert.equal((await storage.fetchDag(child)).blocks, 5)
    await assert.rejects(storage.getFile(child, { maxBytes: 100_000 }), { code: 'ERR_FILE_TOO_LARGE' })
  })
}

test('refuses a file with something else inside', async (t) => {
  const { storage } = await temporaryStorage(t)
  const manifest = await cborBlock({ round: 1 })
  await storage.putBlock(manifest.cid, manifest.bytes)
  const folder = dagPb.encode({ Data: new UnixFS({ type: 'directory' }).marshal(), Links: [] })
  const folderCid = await storage.putBlock(CID.createV1(dagPb.code, await sha256.digest(folder)), folder)
  const noData = dagPb.encode({ Data: new Uint8Array([0xff]), Links: [] })
  const noDataCid = await storage.putBlock(CID.createV1(dagPb.code, await sha256.digest(noData)), noData)
  for (const inside of [manifest.cid, folderCid, noDataCid]) {
    await assert.rejects(storage.getFile(inside), { code: 'ERR_NOT_A_FILE' })
    const outer = await putNode(storage, [await putNode(storage, [inside], 1n)], 1n)
    await assert.rejects(storage.getFile(outer), { code: 'ERR_NOT_A_FILE' })
  }
})

test('names a DAG-CBOR block by its bytes', async (t) => {
  const { storage } = await temporaryStorage(t)
  const { cid, bytes } = await cborBlock({ round: 1 })
  assert.ok((await storage.putDagCbor(bytes)).equals(cid))
  assert.deepEqual(Buffer.from(await storage.getBlock(cid)), Buffer.from(bytes))
})

test('holds a DAG to the bytes that were allowed, and names a block that does not decode', async (t) => {
  const { storage } = await temporaryStorage(t)
  const leaves = await Promise.all([1, 2, 3].map((seed) => rawBlock(noise(1000, seed))))
  for (const { cid, bytes } of leaves) await storage.putBlock(cid, bytes)
  const root = await cborBlock(leaves.map(({ cid }) => cid))
  await storage.putBlock(root.cid, root.bytes)
  const bytes = 3000 + root.bytes.byteLength
  assert.deepEqual(await storage.fetchDag(root.cid, { maxBytes: bytes }), { blocks: 4, bytes })
  await assert.rejects(storage.fetchDag(root.cid, { maxBytes: bytes - 1 }), { code: 'ERR_DAG_TOO_LARGE' })

  const deep = new Uint8Array(1_000_000).fill(0x81) // a list in a list in a list …
  const nested = CID.createV1(0x71, (await rawBlock(deep)).cid.multihash)
  await storage.putBlock(nested, deep)
  await assert.rejects(storage.fetchDag(nested), { code: 'ERR_INVALID_BLOCK' })
})

test('closes twice without complaint', async (t) => {
  const home = await temporaryHome(t)
  const storage = await openStorage({ home })
  await storage.close()
  await storage.close()
})
