import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from '@ipld/dag-cbor'
import { parseBeacon, sealBeacon, sealEnvelope } from '../../../../protocols/envelope/index.ts'
import { refusal } from './refusals.ts'
import { author, beacon, filled, key, otherKey } from './samples.ts'

async function parseForged(changes: object) {
  return await parseBeacon(await sealEnvelope('beacon', encode({ ...beacon, ...changes }), key))
}

describe('beacon', () => {
  it('gives back what was sealed, with and without a head', async () => {
    for (const each of [beacon, { ...beacon, head: null, roles: [], addresses: [] }]) {
      assert.deepEqual((await parseBeacon(await sealBeacon(each, key))).beacon, each)
    }
  })

  it('is signed by the peer that it names', async () => {
    const forged = await sealEnvelope('beacon', encode({ ...beacon, peer: author }), otherKey)
    await assert.rejects(parseBeacon(forged), refusal('signature'))
  })

  it('refuses addresses that cannot be dialled, or reach into the reader', async () => {
    const address = '/ip4/192.0.2.1/tcp/4001'
    const wrongShape = ['/', 'example.com:80', '/ip4/300.0.0.1', '/unix/%2Frun%2Fx.sock']
    for (const wrong of wrongShape) {
      await assert.rejects(parseForged({ addresses: [address, wrong] }), refusal('shape', /addresses.1 is not the/))
    }
    for (const wrong of ['', '/dns4/a\u001b[2J/tcp/1']) {
      await assert.rejects(parseForged({ addresses: [address, wrong] }), { code: 'ERR_INVALID_RECORD' })
    }
    await assert.rejects(parseForged({ addresses: Array(17).fill('/ip4/1.1.1.1') }), refusal('range', /list of 17/))
    await assert.rejects(parseForged({ addresses: [`/dns4/${'a'.repeat(256)}`] }), refusal('range'))
  })

  it('refuses unknown roles, critical keys and sizes', async () => {
    await assert.rejects(parseForged({ roles: ['miner'] }), refusal('unsupported', /roles.0 is "miner"/))
    await assert.rejects(parseForged({ critical: ['paid'] }), refusal('unknown-critical'))
    await assert.rejects(parseForged({ later: filled(4096, 0) }), refusal('oversized'))
    await assert.rejects(parseForged({ freeLinks: 129 }), refusal('range'))
  })
})
