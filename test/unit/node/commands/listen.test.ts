import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import {
  ANY_ADDRESS,
  boundAddress,
  invitedAddresses,
  reachableAddresses,
  withFixedPort
} from '../../../../node/commands/listen.ts'

describe('where a peer listens', () => {
  it('gets a port that is free and stays the same', async (t) => {
    const [, port] = /\/tcp\/(\d+)$/.exec(await withFixedPort(ANY_ADDRESS)) ?? []
    assert.ok(Number(port) > 0)
    const server = createServer().listen(Number(port))
    t.after(() => server.close())
    await once(server, 'listening')
  })

  it('gets a port that the system lends to no outgoing connection', async () => {
    const range = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8')
    const [first, last] = range.trim().split(/\s+/).map(Number)
    for (let time = 0; time < 20; time += 1) {
      const [, port] = /\/tcp\/(\d+)$/.exec(await withFixedPort(ANY_ADDRESS)) ?? []
      assert.ok(Number(port) < first! || Number(port) > last!, `${port} is lent`)
    }
  })

  it('keeps a port that was chosen, even one that ends in 0', async () => {
    for (const listen of ['/ip4/127.0.0.1/tcp/4000', '/ip4/0.0.0.0/tcp/10', '/ip6/::1/tcp/4811']) {
      assert.equal(await withFixedPort(listen), listen)
    }
  })

  it('is remembered with the port that the system chose', () => {
    const bound = ['/ip4/127.0.0.1/tcp/4802/p2p/id', '/ip4/192.0.2.7/tcp/4802/p2p/id']
    assert.equal(boundAddress('/ip4/0.0.0.0/tcp/0', bound), '/ip4/0.0.0.0/tcp/4802')
    assert.equal(boundAddress('/ip4/0.0.0.0/tcp/4801', bound), '/ip4/0.0.0.0/tcp/4801')
    assert.equal(boundAddress('/ip4/0.0.0.0/tcp/0', []), '/ip4/0.0.0.0/tcp/0')
  })

  it('is named in an invite with what others can reach first, and no more than it may hold', () => {
    const [local, far] = ['/ip4/127.0.0.1/tcp/1/p2p/id', '/ip4/192.0.2.7/tcp/1/p2p/id']
    assert.deepEqual(invitedAddresses([local!, far!]), [far, local])
    assert.equal(invitedAddresses(Array.from({ length: 40 }, () => far!)).length, 16)
  })

  it('is named by every interface when it is all of them, and as it is otherwise', () => {
    assert.deepEqual(reachableAddresses('/ip4/127.0.0.1/tcp/4000', 'id'), ['/ip4/127.0.0.1/tcp/4000/p2p/id'])
    const all = reachableAddresses('/ip4/0.0.0.0/tcp/4000', 'id')
    assert.ok(all.includes('/ip4/127.0.0.1/tcp/4000/p2p/id'))
    assert.ok(all.every((address) => !address.includes('0.0.0.0/')))
  })
})
