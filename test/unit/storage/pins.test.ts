import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Key } from 'interface-datastore'
import type { CID } from 'multiformats/cid'
import { startHelia } from '../../../storage/helia.ts'
import type { KeepDetails, Storage, Stores } from '../../../storage/index.ts'
import { Mutex } from '../../../storage/mutex.ts'
import { cborBlock, rawBlock, temporaryStorage } from './temporary-storage.ts'

const BY_POLICY: KeepDetails = { kind: 'other', by: 'policy', createdAt: 1 }
const BY_USER: KeepDetails = { ...BY_POLICY, by: 'user', name: 'mine' }
const AT_ONCE = { graceMs: -1000 }

interface Dag {
  readonly root: CID
  readonly leaves: readonly CID[]
}

/** A root with leaves of its own and leaves that every such root shares. */
async function storeDag(storage: Storage, name: string): Promise<Dag> {
  const contents = [...[1, 2, 3, 4].map((i) => `shared ${i}`), `${name} 1`, `${name} 2`]
  const leaves = await Promise.all(contents.map(rawBlock))
  for (const { cid, bytes } of leaves) await storage.putBlock(cid, bytes)
  const root = await cborBlock({ name, leaves: leaves.map(({ cid }) => cid) })
  await storage.putBlock(root.cid, root.bytes)
  return { root: root.cid, leaves: leaves.map(({ cid }) => cid) }
}

async function drain(steps: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of steps);
}

async function missingOf({ blockstore }: Stores, { root, leaves }: Dag): Promise<number> {
  const present = await Promise.all([root, ...leaves].map((cid) => blockstore.has(cid)))
  return present.filter((isHere) => !isHere).length
}

test('loses nothing of DAGs that share blocks and are kept at the same time', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const dags = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => storeDag(storage, name)))
  await Promise.all(dags.map(({ root }) => storage.pins.keep(root, BY_POLICY)))
  const dropped = dags.pop()!
  await storage.pins.unkeep(dropped.root)
  const report = await storage.sweep(AT_ONCE)
  assert.deepEqual(report, { removed: 3, missing: [] }) // the root and the two leaves of its own
  for (const dag of dags) assert.equal(await missingOf(stores, dag), 0)
  assert.equal(await missingOf(stores, dropped), 3)
})

test("control: Helia's own pins lose blocks of DAGs that are pinned at the same time", async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const dags = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => storeDag(storage, name)))
  const helia = await startHelia(stores)
  await Promise.all(dags.map(({ root }) => drain(helia.pins.add(root))))
  await drain(helia.pins.rm(dags.pop()!.root))
  await helia.gc()
  const missing = await Promise.all(dags.map((dag) => missingOf(stores, dag)))
  assert.ok(missing.some((count) => count > 0))
})

test('sweeps again and again while DAGs are stored and kept, and loses none', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  let isDone = false
  const sweeping = (async () => {
    while (!isDone) await storage.sweep()
  })()
  const dags = await Promise.all(
    Array.from({ length: 10 }, async (_, i) => {
      const dag = await storeDag(storage, `dag ${i}`)
      await storage.pins.keep(dag.root, BY_POLICY)
      return dag
    })
  )
  isDone = true
  await sweeping
  for (const dag of dags) assert.equal(await missingOf(stores, dag), 0)
})

test('spares young blocks and what the caller names', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const [named, young] = [await storeDag(storage, 'named'), await storeDag(storage, 'young')]
  assert.equal((await storage.sweep()).removed, 0)
  assert.equal((await storage.sweep({ ...AT_ONCE, alsoKeep: [named.root] })).removed, 3)
  assert.equal(await missingOf(stores, named), 0)
  assert.equal(await missingOf(stores, young), 3)
})

test('records nothing when a block is missing, and reports blocks that go missing later', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const { root, leaves } = await storeDag(storage, 'a')
  const lost = leaves[0]!
  const bytes = await storage.getBlock(lost)
  await stores.blockstore.delete(lost)
  await assert.rejects(storage.pins.keep(root, BY_POLICY), { code: 'ERR_BLOCK_NOT_FOUND' })
  assert.deepEqual(await storage.pins.list(), [])

  await storage.putBlock(lost, bytes)
  await storage.pins.keep(root, BY_POLICY)
  await stores.blockstore.delete(lost)
  const { missing } = await storage.sweep(AT_ONCE)
  assert.deepEqual(missing.map(String), [lost.toString()])
})

test('flushes blocks that were written without, before it records their root', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const quick = await rawBlock('quick')
  await storage.putBlock(quick.cid, quick.bytes, { sync: false })
  const root = await cborBlock([quick.cid])
  await storage.putBlock(root.cid, root.bytes, { sync: false })
  const order: string[] = []
  const { commit } = stores.blockstore
  t.mock.method(stores.blockstore, 'commit', async (cids?: Iterable<CID>) => {
    await commit.call(stores.blockstore, cids)
    order.push(...Array.from(cids ?? [], String).sort())
  })
  const { put } = stores.datastore
  t.mock.method(stores.datastore, 'put', (key: Key, value: Uint8Array) => {
    order.push('record')
    return put.call(stores.datastore, key, value)
  })
  await storage.pins.keep(root.cid, BY_POLICY)
  assert.deepEqual(order, [...[quick.cid, root.cid].map(String).sort(), 'record'])
})

test('lists what is kept, with why, also after the stores were opened again', async (t) => {
  const { storage } = await temporaryStorage(t)
  const { root } = await storeDag(storage, 'a')
  const details: KeepDetails = {
    kind: 'checkpoint',
    by: 'user',
    createdAt: 5,
    run: 'bafy',
    seq: 1,
    round: 2,
    name: 'x'
  }
  await storage.pins.keep(root, details)
  assert.deepEqual(await storage.pins.list(), [{ ...details, root }])
  assert.deepEqual(await storage.pins.get(root), { ...details, root })
  assert.equal(await storage.pins.unkeep(root), true)
  assert.equal(await storage.pins.unkeep(root), false)
  assert.equal(await storage.pins.get(root), undefined)
})

test('leaves to a user what the user keeps', async (t) => {
  const { storage } = await temporaryStorage(t)
  const { root } = await storeDag(storage, 'a')
  await storage.pins.keep(root, BY_POLICY)
  assert.equal((await storage.pins.keep(root, BY_USER)).by, 'user')
  assert.equal((await storage.pins.keep(root, BY_POLICY)).by, 'user')
  assert.equal((await storage.pins.get(root))?.name, 'mine')
})

test('sweeps nothing while a record is damaged', async (t) => {
  const { stores, storage } = await temporaryStorage(t)
  const dag = await storeDag(storage, 'a')
  for (const value of [new Uint8Array([0xff]), new Uint8Array([0xa0])]) {
    await stores.datastore.put(new Key(`/pin/${dag.root}`), value)
    await assert.rejects(storage.sweep(AT_ONCE), { code: 'ERR_KEPT_ROOT_CORRUPT' })
  }
  assert.equal(await missingOf(stores, dag), 0)
})

test('runs work under a mutex one after another, past a failure', async () => {
  const mutex = new Mutex()
  const log: string[] = []
  const work = (name: string) => async () => {
    log.push(`${name} begins`)
    await Promise.resolve()
    log.push(`${name} ends`)
    if (name === 'a') throw new Error('a fails')
  }
  await Promise.allSettled([mutex.run(work('a')), mutex.run(work('b'))])
  assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends'])
})
