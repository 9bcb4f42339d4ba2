import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { mayDial, type Reach, reachesFor, reachOf } from '../../../../node/pinning/index.ts'

const PEER = '12D3KooWGHVExVrHqVHbRWwMQQgnG7vEG3tDYYUdfuGHvQ7SPVja'

const INTERNAL = [
  '10.0.0.1',
  '100.64.0.1',
  '169.254.169.254',
  '172.31.255.255',
  '192.168.1.1',
  '0.0.0.0',
  '192.0.2.1',
  '224.0.0.1',
  '255.255.255.255',
  'fe80::1',
  'fd00::1',
  '::',
  '::ffff:10.0.0.1',
  '::ffff:8.8.8.8',
  '64:ff9b::a00:1',
  '2002:a00:1::1',
  '2001::1',
  'ff02::1'
]

describe('where an address leads', () => {
  it('is told apart: the public internet, this machine, anything else', () => {
    for (const ip of INTERNAL) assert.equal(reachOf(ip), 'private', ip)
    for (const ip of ['127.0.0.1', '127.9.9.9', '::1']) assert.equal(reachOf(ip), 'loopback', ip)
    for (const ip of ['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111'])
      assert.equal(reachOf(ip), 'public', ip)
  })

  it('decides whether a stranger may have it called', () => {
    const all = [
      `/ip4/8.8.8.8/tcp/4001/p2p/${PEER}`,
      `/ip6/2606:4700::1111/tcp/4001/p2p/${PEER}`,
      `/ip4/127.0.0.1/tcp/4001/p2p/${PEER}`,
      `/ip4/192.168.1.1/tcp/80/p2p/${PEER}`
    ]
    const allowed = (...reaches: Reach[]) => mayDial(all, new Set(reaches))
    assert.deepEqual(allowed('public'), all.slice(0, 2))
    assert.deepEqual(allowed('public', 'loopback'), all.slice(0, 3))
    assert.deepEqual(allowed('private'), all.slice(3))
    assert.deepEqual(
      mayDial(
        Array.from({ length: 100 }, () => all[0]!),
        new Set(['public'] as const)
      ).length,
      8
    )
  })

  it('is not asked for names, relays, other transports, or without a peer id', () => {
    const any = new Set(['public', 'loopback', 'private'] as const)
    const refused = [
      `/dns4/internal.example/tcp/4001/p2p/${PEER}`,
      `/dnsaddr/example.org/p2p/${PEER}`,
      `/ip4/8.8.8.8/tcp/4001/p2p/${PEER}/p2p-circuit`,
      `/ip4/8.8.8.8/tcp/4001/p2p/${PEER}/p2p-circuit/p2p/${PEER}`,
      `/ip4/8.8.8.8/tcp/4001/http/p2p/${PEER}`,
      `/ip4/8.8.8.8/udp/4001/quic-v1/p2p/${PEER}`,
      '/ip4/8.8.8.8/tcp/4001',
      '/unix/tmp/socket',
      'http://8.8.8.8/',
      ''
    ]
    assert.deepEqual(mayDial(refused, any), [])
  })

  it('follows from where a service listens', () => {
    assert.deepEqual(reachesFor('127.0.0.1'), new Set(['public', 'loopback']))
    assert.deepEqual(reachesFor('[::1]'), new Set(['public', 'loopback']))
    assert.deepEqual(reachesFor('localhost'), new Set(['public', 'loopback']))
    assert.deepEqual(reachesFor('10.1.2.3'), new Set(['public', 'private']))
    for (const host of ['0.0.0.0', '::', 'pins.example.org', '8.8.8.8'])
      assert.deepEqual(reachesFor(host), new Set(['public']))
  })
})
