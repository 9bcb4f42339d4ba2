import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { InviteFault } from '../../../../protocols/envelope/index.ts'
import { encodeInvite, InviteError, parseInvite, refuseExpired } from '../../../../protocols/envelope/index.ts'
import { refusal } from './refusals.ts'
import { invite } from './samples.ts'

const text = encodeInvite(invite)

function assertFault(broken: string, fault: InviteFault, message: RegExp): void {
  assert.throws(
    () => parseInvite(broken),
    (error: unknown) => {
      assert.ok(error instanceof InviteError, String(error))
      assert.equal(error.fault, fault, `${error.message}: ${broken}`)
      assert.match(error.message, message)
      return true
    }
  )
}

describe('invite', () => {
  it('gives back any addresses and network', () => {
    const port = fc.nat(65_535).map((number) => `/ip4/192.0.2.7/tcp/${number}`)
    const network = fc.constantFrom('public', 'hospital-7', 'a')
    const property = fc.property(fc.array(port, { maxLength: 16 }), network, (addresses, name) => {
      const each = { ...invite, addresses, network: name }
      assert.deepEqual(parseInvite(encodeInvite(each)), each)
    })
    fc.assert(property, { seed: 5, numRuns: 100 })
  })

  it('survives line breaks, spaces and capitals on its way', () => {
    const wrapped = text.replace(/(.{40})/g, '$1\r\n> '.replace('> ', '  '))
    assert.deepEqual(parseInvite(`  ${wrapped}\n`), invite)
    assert.deepEqual(parseInvite(text.toUpperCase()), invite)
  })

  it('says that it was cut short, wherever the end is missing', () => {
    for (let length = 'starling1b'.length; length < text.length; length++) {
      assertFault(text.slice(0, length), 'cut-short', /end of the invite is missing: copy it again/)
    }
  })

  it('notices any one wrong character', () => {
    for (let index = 'starling1b'.length; index < text.length; index++) {
      const wrong = text[index] === 'a' ? 'c' : 'a'
      assert.throws(() => parseInvite(text.slice(0, index) + wrong + text.slice(index + 1)), InviteError)
    }
    assertFault(`${text.slice(0, 60)}1${text.slice(61)}`, 'mistyped', /wrong character/)
  })

  it('refuses an address with a peer name that is none', () => {
    const addresses = ['/ip4/192.0.2.1/tcp/4001/p2p/12D3KooWnobody']
    assert.throws(() => encodeInvite({ ...invite, addresses }), refusal('shape', /addresses.0 is not the multiaddr/))
  })

  it('names another version', () => {
    assertFault(text.replace('starling1', 'starling2'), 'other-version', /of version 2, .* reads 1/)
  })

  it('says that a text is no invite', () => {
    for (const other of ['', 'hello', 'bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua', 'starling']) {
      assertFault(other, 'not-an-invite', /begins with starling1b/)
    }
    assertFault('x'.repeat(20_000), 'not-an-invite', /20000 characters/)
  })

  it('expires when it says, by the clock of its reader, and never where it says nothing', () => {
    const notAfter = Date.UTC(2026, 0, 8)
    const expiring = parseInvite(encodeInvite({ ...invite, notAfter }))
    assert.equal(expiring.notAfter, notAfter)
    refuseExpired(expiring, notAfter)
    refuseExpired(invite, Number.MAX_SAFE_INTEGER)
    assert.throws(
      () => refuseExpired(expiring, notAfter + 1),
      (error) =>
        error instanceof InviteError &&
        error.fault === 'expired' &&
        /expired at 2026-01-08T00:00:00.000Z, .* clock says 2026-01-08T00:00:00.001Z: ask for a new one/.test(
          error.message
        )
    )
  })

  it('refuses to encode an address that is none, or a network that is no name', () => {
    assert.throws(() => encodeInvite({ ...invite, addresses: ['example.com'] }), refusal('shape', /addresses.0/))
    assert.throws(() => encodeInvite({ ...invite, network: 'Our net/2' }), refusal('range', /network is "Our net\/2"/))
  })
})
