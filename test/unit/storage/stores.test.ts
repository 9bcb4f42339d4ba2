import assert from 'node:assert/strict'
import { readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import * as raw from 'multiformats/codecs/raw'
import { sha256 } from 'multiformats/hashes/sha2'
import { blockKey } from '../../../storage/block-key.ts'
import { type Home, openStores, type Stores } from '../../../storage/index.ts'
import { writeFileAtomic } from '../../../storage/write-file-atomic.ts'
import { temporaryFolder, temporaryHome } from './temporary-home.ts'

const BLOCK_BYTES = 10_000

async function blockOf(text: string) {
  const bytes = new TextEncoder().encode(text.padEnd(BLOCK_BYTES))
  return { cid: CID.createV1(raw.code, await sha256.digest(bytes)), bytes }
}

async function blockFiles(home: Home): Promise<string[]> {
  const names = await readdir(home.path('blocks'), { recursive: true, withFileTypes: true })
  return names.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
}

/** Stores as a killed process leaves them: released, but without the mark of an orderly close. */
async function stopUncleanly(home: Home, stores: Stores): Promise<void> {
  const mark = await readFile(home.path('stores.json'))
  await stores.close()
  await writeFile(home.path('stores.json'), mark)
}

async function homeWithBlock(t: TestContext) {
  const home = await temporaryHome(t)
  const stores = await openStores(home)
  const { cid, bytes } = await blockOf('a')
  await stores.blockstore.put(cid, bytes)
  const [path] = await blockFiles(home)
  return { home, stores, cid, path: path! }
}

test('drops a truncated block and left-over temporary files after an unclean stop', async (t) => {
  const { home, stores, cid, path } = await homeWithBlock(t)
  const { cid: whole, bytes } = await blockOf('b')
  await stores.blockstore.put(whole, bytes)
  await stopUncleanly(home, stores)
  await truncate(path, BLOCK_BYTES / 2)
  await writeFile(join(path, '..', '.half.data.0123.tmp'), 'x')

  const again = await openStores(home)
  assert.deepEqual(again.check, { blocks: 2, hashed: 2, dropped: 1, temporary: 1 })
  assert.equal(await again.blockstore.has(cid), false)
  assert.equal(await again.blockstore.has(whole), true)
  await again.close()
})

test('control: the check without hashes does not see a truncated block', async (t) => {
  const { home, stores, cid, path } = await homeWithBlock(t)
  await stores.close()
  await truncate(path, BLOCK_BYTES / 2)
  const again = await openStores(home)
  assert.deepEqual(again.check, { blocks: 1, hashed: 0, dropped: 0, temporary: 0 })
  assert.equal(await again.blockstore.has(cid), true)
  await again.close()
})

test('drops an empty block after a clean stop too, unless it is the empty block', async (t) => {
  const { home, stores, cid, path } = await homeWithBlock(t)
  const empty = CID.createV1(raw.code, await sha256.digest(new Uint8Array()))
  await stores.blockstore.put(empty, new Uint8Array())
  await stores.close()
  await truncate(path, 0)
  const again = await openStores(home)
  assert.equal(again.check.dropped, 1)
  assert.equal(await again.blockstore.has(cid), false)
  assert.equal(await again.blockstore.has(empty), true)
  await again.close()
})

test('does not hash again what was there at the last clean mark', async (t) => {
  const { home, stores, path } = await homeWithBlock(t)
  const longAgo = new Date(Date.now() - 3_600_000)
  await utimes(path, longAgo, longAgo)
  await stores.close()
  await stopUncleanly(home, await openStores(home))
  const again = await openStores(home)
  assert.deepEqual(again.check, { blocks: 1, hashed: 0, dropped: 0, temporary: 0 })
  await again.close()
})

test('keeps the old file whole, and nothing else, when a write fails half way', async (t) => {
  const dir = await temporaryFolder(t)
  const path = join(dir, 'file')
  await writeFileAtomic(path, new TextEncoder().encode('old'))
  const failing = (async function* () {
    yield new TextEncoder().encode('ne')
    throw new Error('disk full')
  })()
  await assert.rejects(writeFileAtomic(path, failing), { message: 'disk full' })
  assert.equal(await readFile(path, 'utf8'), 'old')
  assert.deepEqual(await readdir(dir), ['file'])
})

test('shows a block under its name only once it is written whole', async (t) => {
  const home = await temporaryHome(t)
  const stores = await openStores(home)
  const { cid, bytes } = await blockOf('slow')
  const seen: string[][] = []
  await stores.blockstore.put(
    cid,
    (async function* () {
      yield bytes.subarray(0, BLOCK_BYTES / 2)
      seen.push(await blockFiles(home))
      yield bytes.subarray(BLOCK_BYTES / 2)
    })()
  )
  assert.equal(seen[0]?.length, 1)
  assert.match(seen[0]![0]!, /\.tmp$/)
  assert.match((await blockFiles(home))[0]!, /\.data$/)
  await stores.close()
})

test('names the block and the reason when a block cannot be written', async (t) => {
  const home = await temporaryHome(t)
  const stores = await openStores(home)
  const { cid, bytes } = await blockOf('a')
  const folder = home.path('blocks', blockKey(cid).slice(-2))
  await writeFile(folder, 'in the way')
  await assert.rejects(stores.blockstore.put(cid, bytes), { code: 'ERR_BLOCK_WRITE', message: /EEXIST|ENOTDIR/ })
  await stores.close()
})

test('flushes writes under /pin/ and no others', async (t) => {
  const home = await temporaryHome(t)
  const stores = await openStores(home)
  const { db } = stores.datastore as unknown as { db: { put: (...args: unknown[]) => Promise<void> } }
  const put = t.mock.method(db, 'put')
  await stores.datastore.put(new Key('/pin/a'), new Uint8Array([1]))
  await stores.datastore.put(new Key('/peers/a'), new Uint8Array([1]))
  const options = put.mock.calls.map(({ arguments: [, , given] }) => given)
  assert.deepEqual(options, [{ sync: true }, undefined])
  assert.deepEqual([...(await stores.datastore.get(new Key('/pin/a')))], [1])
  await stores.close()
})

test('says that the datastore does not open when something else holds it', async (t) => {
  const home = await temporaryHome(t)
  const stores = await openStores(home)
  await assert.rejects(openStores(home), { code: 'ERR_DATASTORE_OPEN', message: /another process/ })
  await stores.close()
  await stores.close()
})
