import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { encodeHello } from '../../../../protocols/links/messages.ts'
import { linkPeer } from './link-peer.ts'
import { answerTo, hello, stranger } from './stranger.ts'

/** libp2p also knows keys that cannot sign records, and peers with such a name cannot be named in a reply. */
suite('a stranger whose key is not Ed25519', () => {
  test('gets no link, is not remembered, and spoils no reply to others', async (t) => {
    const victim = await linkPeer(t)
    await victim.links.start()
    const callForeign = await stranger(t, victim, await generateKeyPair('secp256k1'))
    assert.equal((await answerTo(await callForeign(encodeHello(hello)))).refused, 'not-a-trainer')

    const call = await stranger(t, victim)
    const reply = await answerTo(await call(encodeHello(hello)))
    assert.deepEqual([reply.refused, reply.members], [undefined, []])
    assert.deepEqual(victim.refused, [])
  })

  test('is not remembered when somebody else names it', async (t) => {
    const victim = await linkPeer(t)
    const { publicKey } = await generateKeyPair('secp256k1')
    const peer = publicKey.toCID().multihash.bytes
    victim.links.addMember(publicKey.toString(), { peer, addresses: [] })
    assert.equal(victim.links.members.trainerCount, 0)
  })
})
