import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import {
  KnownMembers,
  knownAddresses,
  parseKnownMembers,
  removeKnownMembers
} from '../../../../node/run/known-members.ts'
import { peerBytes } from '../../../../protocols/links/index.ts'
import { temporaryHome } from '../../storage/temporary-home.ts'

const ID = '12D3KooWSsfeLMPmLzkkNCdHtAAD5XsqW4Vy9JdzKypSQJECYA4L'
const member = { peer: peerBytes(ID), addresses: ['/ip4/192.0.2.1/tcp/4001'] }

describe('members that a home has met', () => {
  it('are there at the next start, by run, with addresses that can be dialled', async (t) => {
    const home = await temporaryHome(t)
    await new KnownMembers(home, 'bafyone').save([member])
    const again = new KnownMembers(home, 'bafyone')
    assert.deepEqual(await again.load(), [{ id: ID, addresses: member.addresses }])
    assert.deepEqual(await new KnownMembers(home, 'bafytwo').load(), [])
    assert.deepEqual(await knownAddresses(home), [`/ip4/192.0.2.1/tcp/4001/p2p/${ID}`])
    await removeKnownMembers(home, 'bafyone')
    assert.deepEqual(await again.load(), [])
  })

  it('are kept where a peer is alone, which says nothing about them', async (t) => {
    const home = await temporaryHome(t)
    const known = new KnownMembers(home, 'bafyone')
    await known.save([member])
    await known.save([])
    assert.equal((await known.load()).length, 1)
  })

  it('are the first sixteen of many', async (t) => {
    const home = await temporaryHome(t)
    const known = new KnownMembers(home, 'bafyone')
    await known.save(Array.from({ length: 20 }, () => member))
    assert.equal((await known.load()).length, 16)
  })

  it('are none where the file is damaged, or names what is no peer', async (t) => {
    const home = await temporaryHome(t)
    const known = new KnownMembers(home, 'bafyone')
    await known.save([member])
    for (const text of ['', '{', '{}', '[{"peer":"0OIl","addresses":[]}]', `[{"peer":"${ID}"}]`]) {
      assert.deepEqual(parseKnownMembers(text), [], text)
      await writeFile(home.path('members', 'bafyone.json'), text)
      assert.deepEqual(await known.load(), [])
    }
  })
})
