import assert from 'node:assert/strict'
import { describe, it, type TestContext } from 'node:test'
import type { CID } from 'multiformats/cid'
import { QuotaKeeper, type Reach } from '../../../../node/pinning/index.ts'
import { RemoteService } from '../../../../node/pinning/remote/index.ts'
import { PinService, parsePinQuery, startPinningApi, Tokens } from '../../../../node/pinning/service/index.ts'
import { DeadlineError, type Storage } from '../../../../storage/index.ts'
import { atEnd } from '../../../at-end.ts'
import { waitFor } from '../../../integration/wait-for.ts'
import { cborBlock, rawBlock, type TestStorage, temporaryStorage } from '../../storage/temporary-storage.ts'

const ADDRESS = '/ip4/127.0.0.1/tcp/4001/p2p/12D3KooWGHVExVrHqVHbRWwMQQgnG7vEG3tDYYUdfuGHvQ7SPVja'

interface Started extends TestStorage {
  readonly service: PinService
  readonly dialled: string[]
  readonly url: string
  readonly tokens: Tokens
  readonly remote: (name: string) => Promise<RemoteService>
}

interface Changes {
  readonly reaches?: Reach[]
  readonly quotaBytes?: number
  /** Of a storage that nobody gives blocks to. */
  readonly patienceMs?: number
  readonly in?: TestStorage
}

/** The service of a peer whose storage has what is asked for, or else never gets it, behind its API. */
async function startService(t: TestContext, changes: Changes = {}): Promise<Started> {
  const opened = changes.in ?? (await temporaryStorage(t))
  const { storage } = opened
  const dialled: string[] = []
  const libp2p = {
    getMultiaddrs: () => [ADDRESS],
    dial: async (address: { toString(): string }) => dialled.push(address.toString())
  }
  // Without a network a missing block is known at once to be missing; with one it is waited for.
  const getBlock: Storage['getBlock'] = (cid, options) =>
    storage.getBlock(cid, options).catch(() => {
      throw new DeadlineError('block', 1)
    })
  const quota = new QuotaKeeper({ storage, quotaBytes: changes.quotaBytes ?? 1e9 })
  const service = new PinService({
    peer: { libp2p, storage: { ...storage, getBlock } } as unknown as ConstructorParameters<
      typeof PinService
    >[0]['peer'],
    quota,
    reaches: new Set<Reach>(changes.reaches ?? ['public']),
    onNotice: (message) => t.diagnostic(message),
    patienceMs: changes.patienceMs ?? 60_000
  })
  const tokens = new Tokens(opened.home.dir)
  const api = await startPinningApi({ service, tokens, host: '127.0.0.1', port: 0 })
  await service.start()
  atEnd(t, async () => {
    await api.close()
    await service.stop()
  })
  const remote = async (name: string) => {
    return new RemoteService({ name, endpoint: api.url, token: await tokens.add(name), pollMs: 20 })
  }
  return { ...opened, service, dialled, url: api.url, tokens, remote }
}

async function storeDag(storage: Storage, ...contents: string[]): Promise<{ root: CID; leaves: CID[] }> {
  const leaves = await Promise.all(contents.map(rawBlock))
  for (const { cid, bytes } of leaves) await storage.putBlock(cid, bytes)
  const root = await cborBlock(leaves.map(({ cid }) => cid))
  await storage.putBlock(root.cid, root.bytes)
  return { root: root.cid, leaves: leaves.map(({ cid }) => cid) }
}

async function settle(remote: RemoteService, id: string) {
  return remote.settled(id, () => {}, AbortSignal.timeout(10_000))
}

const sweepAtOnce = { graceMs: -1000 }

describe('a pinning service and its client', () => {
  it('pin, list, and let go, until nothing is kept and its space is free', async (t) => {
    const { storage, stores, remote } = await startService(t)
    const ada = await remote('ada')
    const { root, leaves } = await storeDag(storage, 'one', 'two')
    const pin = await ada.add({ cid: root.toString(), name: 'mine', origins: [] })
    assert.deepEqual([pin.status, pin.cid, pin.name, pin.delegates], ['queued', root.toString(), 'mine', [ADDRESS]])
    assert.equal((await settle(ada, pin.id)).status, 'pinned')
    await storage.sweep(sweepAtOnce)
    assert.equal((await storage.pins.get(root))?.by, 'service')
    assert.deepEqual(
      (await ada.list(root.toString())).map(({ id }) => id),
      [pin.id]
    )
    await ada.remove(pin.id)
    assert.deepEqual(await ada.list(), [])
    for (const cid of [root, ...leaves]) assert.equal(await stores.blockstore.has(cid), false)
  })

  it('show each client its own requests alone, and keep a root as long as one of them wants it', async (t) => {
    const { storage, stores, remote } = await startService(t)
    const [ada, bob] = [await remote('ada'), await remote('bob')]
    const { root } = await storeDag(storage, 'shared')
    const [first, second] = [
      await ada.add({ cid: `${root}`, origins: [] }),
      await bob.add({ cid: `${root}`, origins: [] })
    ]
    for (const [client, { id }] of [
      [ada, first],
      [bob, second]
    ] as const)
      await settle(client, id)
    await assert.rejects(bob.get(first.id), { code: 'ERR_REMOTE_SERVICE', message: /refuses with 404 NOT_FOUND/ })
    await assert.rejects(bob.remove(first.id), { message: /404/ })
    assert.deepEqual(
      (await bob.list()).map(({ id }) => id),
      [second.id]
    )
    await ada.remove(first.id)
    await storage.sweep(sweepAtOnce)
    assert.ok(await stores.blockstore.has(root))
    await bob.remove(second.id)
    assert.equal(await stores.blockstore.has(root), false)
  })

  it('leave alone what the owner and policies keep too', async (t) => {
    const { storage, remote } = await startService(t)
    const ada = await remote('ada')
    const { root } = await storeDag(storage, 'checkpoint')
    const details = { kind: 'checkpoint', by: 'policy', run: 'run', round: 3, createdAt: 5 } as const
    await storage.pins.keep(root, details)
    const { id } = await ada.add({ cid: root.toString(), name: 'theirs', origins: [] })
    await settle(ada, id)
    assert.deepEqual(await storage.pins.get(root), { ...details, by: 'service', also: ['policy'], root })
    await ada.remove(id)
    assert.deepEqual(await storage.pins.get(root), { ...details, root })
  })

  it('page through many by their unique times of creation, in any state', async (t) => {
    const { service, remote, storage, tokens, url } = await startService(t)
    const { root } = await storeDag(storage, 'x')
    await remote('ada')
    for (let i = 0; i < 25; i++) await service.add('ada', { cid: root, name: `pin ${i}` })
    assert.equal(new Set(service.requests.map(({ created }) => created)).size, 25)
    const token = await tokens.add('other')
    const headers = { authorization: `Bearer ${token}` }
    assert.deepEqual(await (await fetch(`${url}/pins`, { headers })).json(), { count: 0, results: [] })
    const all = 'status=queued,pinning,pinned,failed'
    const seen: string[] = []
    for (let before = ''; ; ) {
      const { count, page } = service.list(
        'ada',
        parsePinQuery({
          status: all.slice(7),
          ...(before === '' ? {} : { before })
        })
      )
      seen.push(...page.map(({ name }) => name!))
      if (count <= page.length) break
      before = new Date(page.at(-1)!.created).toISOString()
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 25 }, (_, i) => `pin ${24 - i}`)
    )
  })

  it('replace a pin without losing the blocks that both have', async (t) => {
    const { storage, stores, service, remote } = await startService(t)
    await remote('ada')
    const old = await storeDag(storage, 'both', 'old')
    const { id } = await service.add('ada', { cid: old.root })
    await waitFor('the pin', () => service.get('ada', id).status === 'pinned')
    const next = await storeDag(storage, 'both', 'new')
    await stores.blockstore.delete(next.leaves[1]!) // to come
    const replaced = await service.replace('ada', id, { cid: next.root })
    await waitFor('an attempt', () => service.get('ada', replaced.id).status === 'failed')
    assert.throws(() => service.get('ada', id), { statusCode: 404 })
    // It could not be had: then the old one is not kept either, as the client asked.
    await waitFor('the end of the old one', async () => (await storage.pins.get(old.root)) === undefined)

    const again = await storeDag(storage, 'both', 'new')
    const kept = await service.add('ada', { cid: again.root })
    await waitFor('the pin', () => service.get('ada', kept.id).status === 'pinned')
    const last = await storeDag(storage, 'both', 'last')
    const { id: lastId } = await service.replace('ada', kept.id, { cid: last.root })
    await waitFor('the pin', () => service.get('ada', lastId).status === 'pinned')
    await storage.sweep(sweepAtOnce)
    assert.ok(await stores.blockstore.has(last.leaves[0]!))
    await waitFor('the end of the old one', async () => !(await stores.blockstore.has(again.leaves[1]!)))
    assert.ok(await stores.blockstore.has(last.leaves[0]!))
  })

  it('go on after a restart with what was waiting, and forget pins whose request is gone', async (t) => {
    const first = await startService(t)
    const ada = await first.remote('ada')
    const missing = await rawBlock('to come')
    const { id } = await ada.add({ cid: missing.cid.toString(), origins: [] })
    const orphan = await storeDag(first.storage, 'orphan')
    await first.storage.pins.keep(orphan.root, { kind: 'other', by: 'service', createdAt: 1 })
    await first.service.stop()
    await first.storage.putBlock(missing.cid, missing.bytes)
    const second = await startService(t, { in: first })
    await waitFor('the pin', () => second.service.get('ada', id).status === 'pinned')
    assert.equal(await first.storage.pins.get(orphan.root), undefined)
    const { created } = await second.service.add('ada', { cid: orphan.root })
    assert.ok(created > second.service.get('ada', id).created)
  })

  it('give up what nobody has, let others pass meanwhile, and can be told to stop trying', async (t) => {
    const { storage, remote, service } = await startService(t, { patienceMs: 0 })
    const ada = await remote('ada')
    const nowhere = await rawBlock('nowhere')
    const { id } = await ada.add({ cid: nowhere.cid.toString(), origins: [] })
    const failed = await settle(ada, id)
    assert.deepEqual([failed.status, failed.details?.slice(0, 25)], ['failed', 'block took longer than 1 '])

    const patient = await startService(t)
    const bob = await patient.remote('bob')
    const ids = []
    for (let i = 0; i < 30; i++)
      ids.push((await bob.add({ cid: `${(await rawBlock(`nowhere ${i}`)).cid}`, origins: [] })).id)
    const { root } = await storeDag(patient.storage, 'here')
    const here = await bob.add({ cid: root.toString(), origins: [] })
    assert.equal((await settle(bob, here.id)).status, 'pinned')
    for (const each of ids) await bob.remove(each)
    assert.deepEqual(
      (await bob.list()).map(({ cid }) => cid),
      [root.toString()]
    )
    assert.equal(service.requests.length, 1)
    assert.equal((await storage.pins.list()).length, 0)
  })

  it('pin no more than the quota has room for, and drop nothing for it', async (t) => {
    const { storage, remote, stores } = await startService(t, { quotaBytes: 2_600_000 })
    const ada = await remote('ada')
    const small = await storage.putFile(new Uint8Array(100_000).fill(3))
    assert.equal((await settle(ada, (await ada.add({ cid: small.toString(), origins: [] })).id)).status, 'pinned')
    const large = await storage.putFile(new Uint8Array(900_000).fill(4))
    const refused = await settle(ada, (await ada.add({ cid: large.toString(), origins: [] })).id)
    assert.equal(refused.status, 'failed')
    assert.match(refused.details!, /^the quota of 2\.48 MiB is reached$/)
    assert.ok(await stores.blockstore.has(small))
    assert.equal(await storage.pins.get(large), undefined)
  })

  it('call a client only where the rule lets them', async (t) => {
    const origins = [ADDRESS, ADDRESS.replace('127.0.0.1', '192.168.7.7'), ADDRESS.replace('127.0.0.1', '8.8.8.8')]
    for (const [reaches, expected] of [
      [['public'], [origins[2]]],
      [
        ['public', 'loopback'],
        [origins[0], origins[2]]
      ],
      [['public', 'loopback', 'private'], origins]
    ] as const) {
      const { storage, remote, dialled } = await startService(t, { reaches: [...reaches] })
      const ada = await remote('ada')
      const { root } = await storeDag(storage, 'x')
      await settle(ada, (await ada.add({ cid: root.toString(), origins })).id)
      assert.deepEqual(dialled, expected)
    }
  })
})

describe('the API of a pinning service', () => {
  it('lets nobody in without a token that holds now', async (t) => {
    const { url, tokens } = await startService(t)
    const token = await tokens.add('ada')
    const ask = async (authorization?: string) =>
      (await fetch(`${url}/pins`, { headers: authorization === undefined ? {} : { authorization } })).status
    assert.equal(await ask(`Bearer ${token}`), 200)
    for (const wrong of [
      undefined,
      '',
      'Bearer',
      'Bearer ',
      `Bearer ${token}x`,
      `Basic ${token}`,
      `Bearer ${token.slice(1)}`
    ])
      assert.equal(await ask(wrong), 401, wrong)
    await tokens.remove('ada')
    assert.equal(await ask(`Bearer ${token}`), 401)
  })

  it('keeps hashes of tokens alone, and refuses a second of a name, and odd names', async (t) => {
    const { tokens, home } = await startService(t)
    const token = await tokens.add('ada')
    const { readFile, stat } = await import('node:fs/promises')
    assert.ok(!(await readFile(home.path('pinning-tokens.json'), 'utf8')).includes(token))
    assert.equal((await stat(home.path('pinning-tokens.json'))).mode & 0o777, 0o600)
    await assert.rejects(tokens.add('ada'), { code: 'ERR_TOKEN', message: /there is a token called ada already/ })
    await assert.rejects(tokens.add('a b'), { code: 'ERR_TOKEN' })
    await assert.rejects(tokens.remove('bob'), { code: 'ERR_TOKEN' })
  })

  it('says what is wrong with a request in the words of the API', async (t) => {
    const { url, tokens } = await startService(t)
    const authorization = `Bearer ${await tokens.add('ada')}`
    const ask = async (path: string, init: RequestInit = {}) => {
      const response = await fetch(`${url}${path}`, {
        ...init,
        headers: { authorization, 'content-type': 'application/json' }
      })
      const { error } = (await response.json()) as { error: { reason: string; details: string } }
      return [response.status, error.reason]
    }
    const post = (body: string) => ask('/pins', { method: 'POST', body })
    const bad = [400, 'BAD_REQUEST']
    for (const body of ['', 'x', '[]', '{}', '{"cid":"nope"}', '{"cid":5}', `{"cid":"bafkqaaa","origins":"x"}`])
      assert.deepEqual(await post(body), bad, body)
    for (const query of [
      'limit=0',
      'limit=1001',
      'limit=x',
      'status=done',
      'before=noon',
      'match=fuzzy',
      'meta=5',
      'cid=x'
    ])
      assert.deepEqual(await ask(`/pins?${query}`), bad, query)
    assert.deepEqual(await post(JSON.stringify({ cid: 'bafkqaaa', name: 'x'.repeat(70_000) })), [413, 'BAD_REQUEST'])
    assert.deepEqual(await ask('/pins/nothing'), [404, 'NOT_FOUND'])
    assert.deepEqual(await ask('/pins/nothing', { method: 'DELETE' }), [404, 'NOT_FOUND'])
    assert.deepEqual(await ask('/other'), [404, 'NOT_FOUND'])
  })

  it('slows a client down that asks without a pause', async (t) => {
    const { url, tokens } = await startService(t)
    const authorization = `Bearer ${await tokens.add('ada')}`
    const statuses = await Promise.all(
      Array.from({ length: 300 }, async () => (await fetch(`${url}/pins`, { headers: { authorization } })).status)
    )
    assert.ok(statuses.includes(429) && statuses.filter((status) => status === 200).length >= 200)
    const strangers = await Promise.all(Array.from({ length: 80 }, async () => (await fetch(`${url}/pins`)).status))
    assert.ok(strangers.includes(429) && strangers.includes(401) && !strangers.includes(200))
  })
})
