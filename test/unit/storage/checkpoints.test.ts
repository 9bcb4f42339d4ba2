import assert from 'node:assert/strict'
import { truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import * as dagCbor from '@ipld/dag-cbor'
import type { CID } from 'multiformats/cid'
import { decodeSafetensors, encodeSafetensors, type KeptRoot, type Storage } from '../../../storage/index.ts'
import { startPeer } from './storage-peer.ts'
import { cborBlock, rawBlock, temporaryStorage } from './temporary-storage.ts'

const RUN = 'bafyrun'
const PARAMETERS = 600_000 // 2.4 MB: several leaves
const AT_ONCE = { graceMs: -1000 }

function valuesAt(round: number, length = 10): Float32Array {
  return Float32Array.from({ length }, (_, i) => round + i / 3)
}

async function putCheckpoint(storage: Storage, round: number, length?: number): Promise<KeptRoot> {
  const topology = await rawBlock('{"model":"mlp"}')
  await storage.putBlock(topology.cid, topology.bytes)
  const data = valuesAt(round, length)
  return storage.checkpoints.put({
    run: RUN,
    seq: round,
    round,
    createdAt: 1000 + round,
    weights: encodeSafetensors([{ name: 'w', shape: [data.length], data }]),
    encode: ({ weights }) => dagCbor.encode({ run: RUN, round, model: topology.cid, weights })
  })
}

async function readWeights(storage: Storage, root: CID): Promise<Float32Array> {
  const { weights } = dagCbor.decode<{ weights: CID }>(await storage.getBlock(root))
  return decodeSafetensors(await storage.getFile(weights))[0]!.data
}

test('keeps a checkpoint with its topology and weights through a sweep', async (t) => {
  const { storage } = await temporaryStorage(t)
  const { root, ...details } = await putCheckpoint(storage, 3, PARAMETERS)
  assert.deepEqual(details, { kind: 'checkpoint', by: 'policy', run: RUN, seq: 3, round: 3, createdAt: 1003 })
  assert.deepEqual(await storage.sweep(AT_ONCE), { removed: 0, missing: [] })
  assert.deepEqual(await readWeights(storage, root), valuesAt(3, PARAMETERS))
})

test('gives the same weights the same CID, so that any holder of the copies can verify a checkpoint', async (t) => {
  const [a, b] = await Promise.all([temporaryStorage(t), temporaryStorage(t)])
  const [first, second] = [await putCheckpoint(a.storage, 1, PARAMETERS), await putCheckpoint(b.storage, 1, PARAMETERS)]
  assert.ok(first.root.equals(second.root))
  assert.ok(!(await putCheckpoint(b.storage, 2, PARAMETERS)).root.equals(first.root))
})

test('refuses a manifest that does not link to its weights, or hides the link in bytes', async (t) => {
  const { storage } = await temporaryStorage(t)
  const input = { run: RUN, seq: 1, round: 1, createdAt: 1, weights: new Uint8Array([1]) }
  const hidden = ({ weights }: { weights: CID }) => dagCbor.encode({ weights: weights.bytes })
  const expected = { code: 'ERR_MANIFEST_LINK_MISSING' }
  await assert.rejects(storage.checkpoints.put({ ...input, encode: hidden }), expected)
  await assert.rejects(storage.checkpoints.put({ ...input, encode: () => new Uint8Array([0xff]) }), {
    code: 'ERR_INVALID_BLOCK'
  })
  const dangling = await cborBlock('nowhere')
  const encode = ({ weights }: { weights: CID }) => dagCbor.encode({ weights, model: dangling.cid })
  await assert.rejects(storage.checkpoints.put({ ...input, encode }), { code: 'ERR_BLOCK_NOT_FOUND' })
  assert.deepEqual(await storage.checkpoints.list(RUN), [])
})

test('keeps the last three checkpoints of a run and whatever a user keeps', async (t) => {
  const { storage } = await temporaryStorage(t)
  const rounds = []
  for (const round of [1, 5, 2, 4, 3]) rounds[round] = (await putCheckpoint(storage, round)).root
  const manifest = await cborBlock({ name: 'run' })
  await storage.putBlock(manifest.cid, manifest.bytes)
  await storage.pins.keep(manifest.cid, { kind: 'run', by: 'policy', run: RUN, createdAt: 9999 })
  await storage.pins.keep(rounds[1]!, { kind: 'checkpoint', by: 'user', run: RUN, round: 1, createdAt: 1001 })

  assert.equal((await storage.checkpoints.latest(RUN))?.round, 5)
  assert.equal(await storage.checkpoints.latest('bafyother'), undefined)
  assert.deepEqual((await storage.checkpoints.keepLast(RUN)).map(String), [rounds[2]!.toString()])
  const left = await storage.checkpoints.list(RUN)
  assert.deepEqual(
    left.map(({ round }) => round),
    [5, 4, 3, 1]
  )
  await storage.sweep(AT_ONCE)
  await assert.rejects(storage.getBlock(rounds[2]!), { code: 'ERR_BLOCK_NOT_FOUND' })
  for (const { root, round } of left) assert.deepEqual(await readWeights(storage, root), valuesAt(round!))
})

test('fetches a checkpoint from another peer with bitswap, keeps it, and reads it when that peer is gone', {
  timeout: 30_000
}, async (t) => {
  const [author, pinner] = [await startPeer(t), await startPeer(t)]
  const { root, ...details } = await putCheckpoint(author.storage, 7, PARAMETERS)
  await pinner.libp2p.dial(author.libp2p.getMultiaddrs())
  await assert.rejects(pinner.storage.fetchDag(root, { maxBytes: 1_000_000 }), { code: 'ERR_DAG_TOO_LARGE' })
  await pinner.storage.pins.keep(root, details)
  await author.libp2p.stop()
  assert.deepEqual(await pinner.storage.sweep(AT_ONCE), { removed: 0, missing: [] })
  assert.deepEqual(await readWeights(pinner.storage, root), valuesAt(7, PARAMETERS))
  assert.equal((await pinner.storage.checkpoints.latest(RUN))?.round, 7)
})

test('gives up on a block that no peer has, at the deadline and when the caller says so', async (t) => {
  const { storage } = await startPeer(t)
  const { cid } = await rawBlock('nobody has this')
  await assert.rejects(storage.getBlock(cid, { timeoutMs: 50 }), { code: 'ERR_DEADLINE', message: /50 ms/ })
  const signal = AbortSignal.timeout(50)
  await assert.rejects(storage.getFile(cid, { signal }), { name: 'TimeoutError' })
})

test('fetches again a block that went bad on the disk', { timeout: 30_000 }, async (t) => {
  const [author, holder] = [await startPeer(t), await startPeer(t)]
  const { root } = await putCheckpoint(author.storage, 1, PARAMETERS)
  await putCheckpoint(holder.storage, 1, PARAMETERS)
  for await (const { key } of holder.stores.blockstore.entries()) {
    await truncate(join(holder.stores.blockstore.path, key.slice(-2), `${key}.data`), 1)
  }
  await holder.libp2p.dial(author.libp2p.getMultiaddrs())
  assert.deepEqual(await holder.storage.fetchDag(root), await author.storage.fetchDag(root))
  assert.deepEqual(await readWeights(holder.storage, root), valuesAt(1, PARAMETERS))
})

test('keeps the newest checkpoints in order when the clock is set back between them', async (t) => {
  const { storage } = await temporaryStorage(t)
  const put = async (round: number, now: number) => {
    const createdAt = await storage.checkpoints.afterLatest(RUN, now)
    const data = valuesAt(round)
    const weights = encodeSafetensors([{ name: 'w', shape: [data.length], data }])
    const encode = (links: { weights: CID }) => dagCbor.encode({ run: RUN, round, ...links })
    return storage.checkpoints.put({ run: RUN, seq: round, round, createdAt, weights, encode })
  }
  for (const [round, now] of [
    [1, 9_000_000],
    [2, 5_400_000],
    [3, 5_400_001]
  ] as const)
    await put(round, now)
  assert.deepEqual(
    (await storage.checkpoints.list(RUN)).map(({ round }) => round),
    [3, 2, 1]
  )
  await storage.checkpoints.keepLast(RUN, 1)
  assert.equal((await storage.checkpoints.latest(RUN))?.round, 3)
})
