import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CarReader } from '@ipld/car/reader'
import type { CID } from 'multiformats/cid'
import { concat } from 'uint8arrays/concat'
import type { Storage } from '../../../storage/index.ts'
import { cborBlock, noise, rawBlock, temporaryStorage } from './temporary-storage.ts'

const MIB = 1024 * 1024
const MINE = { kind: 'other', by: 'user', createdAt: 1 } as const

/** A manifest that links to a file of so many bytes, twice. */
async function putTree(storage: Storage, fileBytes: number): Promise<{ root: CID; file: CID }> {
  const file = await storage.putFile(noise(fileBytes, 5))
  const { cid, bytes } = await cborBlock({ weights: file, again: file })
  return { root: await storage.putBlock(cid, bytes), file }
}

async function archiveOf(storage: Storage, root: CID): Promise<Uint8Array> {
  return concat(await all(storage.exportCar(root)))
}

async function all<T>(values: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = []
  for await (const value of values) found.push(value)
  return found
}

/** Bytes as a file stream brings them. */
async function* inParts(bytes: Uint8Array, size = 65_536): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += size) yield bytes.subarray(at, at + size)
}

test('an archive brings a root with all that it leads to from one store to another', async (t) => {
  const [{ storage: from }, { storage: to }] = [await temporaryStorage(t), await temporaryStorage(t)]
  const { root, file } = await putTree(from, 3 * MIB + 1)
  const archive = await archiveOf(from, root)
  const { roots, blocks, bytes } = await to.importCar(inParts(archive))
  assert.deepEqual(roots.map(String), [root.toString()])
  assert.deepEqual({ blocks, bytes }, await from.fetchDag(root))
  assert.deepEqual(await to.getFile(file), await from.getFile(file))

  // Kept, it stays; this is what `--pin` does.
  await to.pins.keep(root, MINE)
  assert.deepEqual((await to.sweep({ graceMs: -1 })).missing, [])
  assert.deepEqual(await archiveOf(to, root), archive)
  await to.pins.unkeep(root)
  await to.sweep({ graceMs: -1 })
  await assert.rejects(to.getFile(file), { code: 'ERR_BLOCK_NOT_FOUND' })
})

test('an archive holds each block once, parents first', async (t) => {
  const { storage } = await temporaryStorage(t)
  const { root, file } = await putTree(storage, 2 * MIB)
  const reader = await CarReader.fromBytes(await archiveOf(storage, root))
  const cids = (await all(reader.cids())).map(String)
  assert.deepEqual(cids.slice(0, 2), [root.toString(), file.toString()])
  assert.equal(cids.length, 4)
  assert.equal(new Set(cids).size, 4)
})

test('neither side of an archive holds more than a few blocks of a large one', async (t) => {
  const [{ storage: from, stores: source }, { storage: to, stores: target }] = [
    await temporaryStorage(t),
    await temporaryStorage(t)
  ]
  const { root } = await putTree(from, 40 * MIB)
  const get = t.mock.method(source.blockstore, 'get')
  const put = t.mock.method(target.blockstore, 'put')
  let most = 0
  const watched = async function* () {
    for await (const part of from.exportCar(root)) {
      most = Math.max(most, get.mock.callCount() - put.mock.callCount())
      yield part
    }
  }
  assert.equal((await to.importCar(watched())).blocks, 42)
  assert.ok(most <= 3, `${most} blocks were read and not stored yet`)
})

test('refuses an archive in which a block is not what its CID says, and names it', async (t) => {
  const [{ storage: from }, { storage: to }] = [await temporaryStorage(t), await temporaryStorage(t)]
  const { root } = await putTree(from, MIB + 1)
  const archive = await archiveOf(from, root)
  const last = await rawBlock(noise(MIB + 1, 5).subarray(MIB))
  archive[archive.byteLength - 1]! ^= 1
  await assert.rejects(to.importCar(inParts(archive)), {
    code: 'ERR_DAMAGED_CAR',
    message: new RegExp(`block ${last.cid} .* is not what its CID says`)
  })
  await assert.rejects(to.getBlock(last.cid), { code: 'ERR_BLOCK_NOT_FOUND' })
  archive[archive.byteLength - 1]! ^= 1
  assert.equal((await to.importCar(inParts(archive))).blocks, 4)
})

test('refuses an archive that lacks a block of its root, and names it, unless the block is here already', async (t) => {
  const [{ storage: from }, { storage: to }] = [await temporaryStorage(t), await temporaryStorage(t)]
  const { root } = await putTree(from, MIB + 1)
  const leaf = await rawBlock(noise(MIB + 1, 5).subarray(MIB))
  const archive = await archiveOf(from, root)
  // The last section: a length of one byte, the CID, one byte of data.
  const cut = archive.subarray(0, archive.byteLength - 1 - leaf.cid.bytes.byteLength - 1)
  await assert.rejects(to.importCar(inParts(cut)), {
    code: 'ERR_INCOMPLETE_CAR',
    message: new RegExp(`^block ${leaf.cid} of root ${root} is missing`)
  })
  await to.putBlock(leaf.cid, leaf.bytes)
  assert.equal((await to.importCar(inParts(cut))).blocks, 3)
})

const HUGE = [0xff, 0xff, 0xff, 0xff, 0xff, 0x7f]
const NO_ROOT = [0x11, 0xa2, 0x65, ...Buffer.from('roots'), 0x80, 0x67, ...Buffer.from('version'), 0x01]
const broken: readonly (readonly [what: string, bytes: readonly number[]])[] = [
  ['nothing', []],
  ['text', [...Buffer.from('<html>not here</html>')]],
  ['a header that claims four terabytes', [...HUGE, 1, 2, 3]],
  ['no root', NO_ROOT]
]
for (const [what, bytes] of broken) {
  test(`refuses an archive of ${what}`, async (t) => {
    const { storage } = await temporaryStorage(t)
    await assert.rejects(storage.importCar(inParts(new Uint8Array(bytes))), { code: 'ERR_INVALID_CAR' })
  })
}

test('refuses an archive that is cut off, or whose blocks claim to be huge', async (t) => {
  const [{ storage: from }, { storage: to }] = [await temporaryStorage(t), await temporaryStorage(t)]
  const { root } = await putTree(from, 1000)
  const archive = await archiveOf(from, root)
  await assert.rejects(to.importCar(inParts(archive.subarray(0, -1))), { code: 'ERR_INVALID_CAR' })
  const huge = concat([archive, new Uint8Array(HUGE), root.bytes, new Uint8Array(9)])
  await assert.rejects(to.importCar(inParts(huge)), { code: 'ERR_INVALID_CAR', message: /at most 2097408/ })
})

test('passes on what went wrong with the file of an archive', async (t) => {
  const { storage } = await temporaryStorage(t)
  const failure = new Error('the disk is gone')
  const source = async function* () {
    yield new Uint8Array([0x3a])
    throw failure
  }
  await assert.rejects(storage.importCar(source()), failure)
})

test('begins no archive of a root that is not here', async (t) => {
  const { storage } = await temporaryStorage(t)
  const { cid } = await rawBlock('missing')
  await assert.rejects(storage.exportCar(cid).next(), { code: 'ERR_BLOCK_NOT_FOUND' })
})
