import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createStorage, openStores, SNAPSHOT_EVERY_DELTAS, type Storage } from '../../../storage/index.ts'
import { temporaryHome } from './temporary-home.ts'
import { cborBlock, noise, rawBlock, temporaryStorage } from './temporary-storage.ts'

const RUN = 'bafyrun'
const header = (seq: number) => new TextEncoder().encode(`header ${seq}`)
const payload = (seq: number) => new TextEncoder().encode(`payload ${seq}`)

async function appendMany(storage: Storage, from: number, count: number): Promise<void> {
  for (let seq = from; seq < from + count; seq++) {
    await storage.chains.append(RUN, { header: header(seq), payload: payload(seq) })
  }
}

test('stores header and payload under the CIDs of their bytes', async (t) => {
  const { storage } = await temporaryStorage(t)
  const first = await storage.chains.append(RUN, { header: header(0), payload: payload(0) })
  assert.deepEqual(first, {
    header: (await rawBlock(header(0))).cid,
    payload: (await rawBlock(payload(0))).cid,
    isSnapshotDue: false
  })
  const inline = await storage.chains.append(RUN, { header: header(1) })
  assert.equal(inline.payload, undefined)
  assert.deepEqual(Buffer.from(await storage.getBlock(first.payload!)), Buffer.from(payload(0)))
  assert.deepEqual(await storage.chains.window(RUN), [
    { type: 'delta', header: first.header, payload: first.payload },
    { type: 'delta', header: inline.header }
  ])
})

test('asks for a snapshot every 32 deltas', async (t) => {
  const { storage } = await temporaryStorage(t)
  for (let turn = 0; turn < 2; turn++) {
    await appendMany(storage, turn * 100, SNAPSHOT_EVERY_DELTAS - 1)
    assert.equal((await storage.chains.append(RUN, { header: header(turn * 100 + 50) })).isSnapshotDue, true)
    await storage.chains.snapshot(RUN, noise(100, turn))
    assert.equal((await storage.chains.append(RUN, { header: header(turn * 100 + 51) })).isSnapshotDue, false)
  }
})

test('keeps what follows the second last snapshot and removes what lies before', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const snapshots = []
  for (let turn = 0; turn < 3; turn++) {
    await appendMany(storage, turn * 4, 4)
    snapshots.push(await storage.chains.snapshot(RUN, noise(1000, turn)))
  }
  await appendMany(storage, 12, 2)
  const window = await storage.chains.window(RUN)
  assert.deepEqual(
    window.map(({ type }) => type),
    ['snapshot', 'delta', 'delta', 'delta', 'delta', 'snapshot', 'delta', 'delta']
  )
  for (let seq = 0; seq < 14; seq++) {
    const isKept = seq >= 8
    assert.equal(await stores.blockstore.has((await rawBlock(header(seq))).cid), isKept, `header ${seq}`)
    assert.equal(await stores.blockstore.has((await rawBlock(payload(seq))).cid), isKept, `payload ${seq}`)
  }
  const areKept = await Promise.all(snapshots.map((cid) => stores.blockstore.has(cid)))
  assert.deepEqual(areKept, [false, true, true])
})

test('does not remove a payload that a later delta, another chain or a kept root has too', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const zero = payload(0)
  const pinned = await rawBlock('pinned')
  const root = await cborBlock([pinned.cid])
  await storage.chains.append(RUN, { header: header(0), payload: zero })
  await storage.chains.append(RUN, { header: header(1), payload: pinned.bytes })
  await storage.chains.append(`${RUN}.neighbour`, { header: header(2), payload: zero })
  await storage.putBlock(root.cid, root.bytes)
  await storage.pins.keep(root.cid, { kind: 'other', by: 'user', createdAt: 0 })
  await storage.chains.snapshot(RUN, noise(10, 1))
  await storage.chains.snapshot(RUN, noise(10, 2))
  assert.equal(await stores.blockstore.has((await rawBlock(header(0))).cid), false)
  assert.equal(await stores.blockstore.has((await rawBlock(zero)).cid), true)
  assert.equal(await stores.blockstore.has(pinned.cid), true)
  await storage.chains.remove(`${RUN}.neighbour`)
  assert.equal(await stores.blockstore.has((await rawBlock(zero)).cid), false)
})

test('takes payloads of several blocks, and removes all of them', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const parts = await Promise.all(['one', 'two'].map(rawBlock))
  const root = await cborBlock(parts.map(({ cid }) => cid))
  const { payload } = await storage.chains.append(RUN, { header: header(0), payload: [...parts, root] })
  assert.ok(payload?.equals(root.cid))
  await storage.sweep({ graceMs: -1000 })
  assert.ok((await Promise.all(parts.map(({ cid }) => stores.blockstore.has(cid)))).every(Boolean))
  await storage.chains.remove(RUN)
  assert.ok(!(await Promise.all(parts.map(({ cid }) => stores.blockstore.has(cid)))).some(Boolean))
})

test('goes on with a chain after a restart', async (t) => {
  const home = await temporaryHome(t)
  for (let start = 0; start < 3; start++) {
    const stores = await openStores(home)
    const storage = await createStorage({ stores })
    await appendMany(storage, start * 11, 10)
    const { isSnapshotDue } = await storage.chains.append(RUN, { header: header(start * 11 + 10) })
    assert.equal(isSnapshotDue, start === 2) // 33 deltas, the first time that there are 32
    assert.equal((await storage.chains.window(RUN)).length, (start + 1) * 11)
    await storage.close()
    await stores.close()
  }
})

test('refuses a name that would reach into other keys', async (t) => {
  const { storage } = await temporaryStorage(t)
  for (const name of ['', 'a/b', '../pin', 'x'.repeat(201)]) {
    await assert.rejects(storage.chains.append(name, { header: header(0) }), { code: 'ERR_INVALID_CHAIN_NAME' })
  }
})
