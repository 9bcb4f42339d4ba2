import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import { parsePolicy, QuotaKeeper } from '../../../../node/pinning/index.ts'
import { rawBlock, temporaryStorage } from '../../storage/temporary-storage.ts'
import { putCheckpoint } from './announced.ts'

/** A checkpoint's weights. Its manifest takes another 4096. */
const WEIGHTS = 40_960

async function keeperOf(t: TestContext, policy: string, quotaBytes: number) {
  const { storage, stores } = await temporaryStorage(t)
  const said: string[] = []
  const quota = new QuotaKeeper({ storage, quotaBytes })
  quota.follow('run', { policy: parsePolicy(policy), say: (_, message) => said.push(message) })
  const publish = (round: number, run = 'run') =>
    quota.withRoom({ expected: WEIGHTS + 8192, most: 2 * WEIGHTS }, () => putCheckpoint(storage, run, round, WEIGHTS))
  const rounds = async (run = 'run') => (await storage.checkpoints.list(run)).map(({ round }) => round)
  return { storage, stores, quota, said, publish, rounds }
}

describe('a quota', () => {
  it('keeps the newest by policy, drops the rest, and says so', async (t) => {
    const { storage, quota, said, publish, rounds } = await keeperOf(t, 'all', 1_000_000)
    for (let round = 1; round <= 60; round++) {
      await publish(round)
      assert.ok((await storage.usedBytes()) <= quota.quotaBytes, `${await storage.usedBytes()} bytes in round ${round}`)
    }
    const kept = await rounds()
    assert.ok(kept.length >= 8, `${kept.length} kept`)
    assert.deepEqual(
      kept,
      Array.from(kept, (_, i) => 60 - i)
    )
    assert.equal(quota.status.droppedForQuota, 60 - kept.length)
    assert.equal(said.length, 60 - kept.length)
    assert.match(
      said[0]!,
      /^the quota of 977 KiB is reached: dropped the checkpoint of round 1, which the policy would keep$/
    )
    for (const { root } of await storage.checkpoints.list('run')) await storage.fetchDag(root)
  })

  it('is gone beyond without it (control)', async (t) => {
    const { storage, publish } = await keeperOf(t, 'all', 1e9)
    for (let round = 1; round <= 30; round++) await publish(round)
    assert.ok((await storage.usedBytes()) > 1_000_000)
  })

  it('has nothing to do with what the policy lets go', async (t) => {
    const { quota, said, publish, rounds } = await keeperOf(t, 'every:10', 1e9)
    for (let round = 3; round <= 33; round += 3) await publish(round)
    assert.deepEqual(await rounds(), [33, 30, 21, 12, 3])
    assert.deepEqual(said, [])
    assert.equal(quota.status.droppedForQuota, 0)
  })

  it('touches neither what a user or a client keeps, nor chains, nor runs that are not followed', async (t) => {
    const { storage, stores, publish, rounds } = await keeperOf(t, 'latest', 300_000)
    const [mine, theirs] = [
      await putCheckpoint(storage, 'run', 1, WEIGHTS),
      await putCheckpoint(storage, 'run', 2, WEIGHTS)
    ]
    await storage.pins.keep(mine.root, { kind: 'other', by: 'user', createdAt: 1 })
    await storage.pins.keep(theirs.root, { kind: 'other', by: 'service', createdAt: 1 })
    const other = await putCheckpoint(storage, 'other', 1, WEIGHTS)
    const { cid, bytes } = await rawBlock('a header')
    await storage.chains.append('run', { header: bytes })
    for (let round = 3; round <= 9; round++) await publish(round)
    assert.deepEqual(await rounds(), [9, 2, 1])
    for (const { root } of [mine, theirs, other]) await storage.fetchDag(root)
    assert.ok(await stores.blockstore.has(cid))
  })

  it('that is too small for two checkpoints is refused at the start, with what it takes', async (t) => {
    const { quota } = await keeperOf(t, 'last:3', 1_000_000)
    await quota.requireRoom(400_000)
    await assert.rejects(quota.requireRoom(600_000), {
      code: 'ERR_QUOTA_TOO_SMALL',
      message: /^the quota of 977 KiB is too small: .* take 1\.15 MiB, set --quota to that at least/
    })
  })

  it('is shared by runs, and none drives out the newest of another', async (t) => {
    const { quota, publish, rounds } = await keeperOf(t, 'all', 500_000)
    quota.follow('slow', { policy: parsePolicy('last:3'), say: () => {} })
    await publish(1, 'slow')
    for (let round = 1; round <= 20; round++) await publish(round)
    assert.deepEqual(await rounds('slow'), [1])
    assert.equal((await rounds())[0], 20)
    assert.ok((await rounds()).length > 3)
  })

  it('frees what a failed fetch left before it drops a checkpoint', async (t) => {
    const { storage, quota, publish, rounds } = await keeperOf(t, 'last:3', 400_000)
    const { cid, bytes } = await rawBlock(new Uint8Array(250_000).fill(1))
    await storage.putBlock(cid, bytes)
    await publish(1)
    await publish(2)
    t.mock.timers.enable({ apis: ['Date'], now: Date.now() + 3_600_000 })
    await publish(3)
    assert.deepEqual(await rounds(), [3, 2, 1])
    assert.ok((await storage.usedBytes()) < quota.quotaBytes)
  })
})
