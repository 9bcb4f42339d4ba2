import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { peerIdFromString } from '@libp2p/peer-id'
import { invitedMembers } from '../../../../node/run/locate-run.ts'
import { author, invite } from '../../protocols/envelope/samples.ts'

const ED25519 = '12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp'
const RSA = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'

describe('the members that an invite names', () => {
  it('are those at the ends of its addresses, each once, with all its addresses', () => {
    const addresses = [`/ip4/192.0.2.1/tcp/1/p2p/${ED25519}`, `/ip6/::1/tcp/2/p2p/${ED25519}`, '/ip4/192.0.2.1/tcp/3']
    const [member, ...others] = invitedMembers({ ...invite, addresses })
    assert.equal(member?.id, ED25519)
    assert.deepEqual(member.member.addresses, addresses.slice(0, 2))
    assert.equal(member.member.peer.length, author.length)
    assert.deepEqual(others, [])
  })

  it('are known by one name, however the invite spells it', () => {
    const text = peerIdFromString(ED25519).toCID().toString()
    const [member] = invitedMembers({ ...invite, addresses: [`/ip4/192.0.2.1/tcp/1/p2p/${text}`] })
    assert.equal(member?.id, ED25519)
  })

  it('are none whose key cannot sign records', () => {
    assert.deepEqual(invitedMembers({ ...invite, addresses: [`/ip4/192.0.2.1/tcp/1/p2p/${RSA}`] }), [])
  })
})
