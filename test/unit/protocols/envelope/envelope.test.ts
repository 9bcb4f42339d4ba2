import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { encode } from '@ipld/dag-cbor'
import { generateKeyPair } from '@libp2p/crypto/keys'
import fc from 'fast-check'
import { concat } from 'uint8arrays/concat'
import {
  authorOf,
  isAuthor,
  openEnvelope,
  recordCid,
  recordHash,
  sealEnvelope,
  UnsupportedKeyError,
  verifyEnvelope
} from '../../../../protocols/envelope/index.ts'
import { refusal } from './refusals.ts'
import { author, filled, key, otherAuthor } from './samples.ts'

const options = { type: 'example', maxBytes: 1024 }
const body = filled(20, 9)

describe('envelope', () => {
  it('gives back any body that was sealed, and its author verifies', async () => {
    const property = fc.asyncProperty(fc.uint8Array({ maxLength: 500 }), async (any) => {
      const envelope = openEnvelope(await sealEnvelope('example', any, key), options)
      assert.deepEqual(envelope.body, any)
      assert.equal(await verifyEnvelope(envelope, author), true)
      assert.equal(await verifyEnvelope(envelope, otherAuthor), false)
    })
    await fc.assert(property, { seed: 1, numRuns: 50 })
  })

  it('signs the type with the body, so that a signature is worth nothing on another type', async () => {
    const sealed = await sealEnvelope('other', body, key)
    assert.throws(() => openEnvelope(sealed, options), refusal('shape', /is "other"/))

    const { signature } = openEnvelope(sealed, { ...options, type: 'other' })
    const moved = openEnvelope(encode({ v: 1, type: 'example', body, signature }), options)
    assert.equal(await verifyEnvelope(moved, author), false)
    // Control: under its own type the same signature holds.
    assert.equal(await verifyEnvelope({ ...moved, type: 'other' }, author), true)
  })

  it('signs the documented bytes', async () => {
    const { signature } = openEnvelope(await sealEnvelope('example', body, key), options)
    const documented = concat([new TextEncoder().encode('starling/example/1'), filled(1, 0), body])
    assert.equal(await key.publicKey.verify(documented, signature), true)
    assert.equal(await key.publicKey.verify(body, signature), false)
  })

  it('refuses a version it does not know, before its shape', () => {
    assert.throws(() => openEnvelope(encode({ v: 2, anything: true }), options), refusal('version', /version 2/))
    assert.throws(() => openEnvelope(encode({}), options), refusal('version', /no version/))
  })

  it('refuses an envelope longer than its limit, before reading it', async () => {
    const sealed = await sealEnvelope('example', body, key)
    assert.throws(() => openEnvelope(sealed, { ...options, maxBytes: sealed.length - 1 }), refusal('oversized'))
    openEnvelope(sealed, { ...options, maxBytes: sealed.length })
    assert.throws(() => openEnvelope(filled(1025, 0xff), options), refusal('oversized', /1025 bytes, at most 1024/))
  })

  it('refuses keys outside the signed body, and fields of the wrong shape', async () => {
    const whole = { v: 1, type: 'example', body, signature: filled(64, 0) }
    openEnvelope(encode(whole), options)
    const wrong = [
      { ...whole, note: 'unsigned' },
      { ...whole, body: 'text' },
      { ...whole, signature: filled(63, 0) },
      { ...whole, type: 2n ** 60n },
      { v: 1, type: 'example', body }
    ]
    for (const each of wrong) {
      assert.throws(() => openEnvelope(encode(each), options), refusal('shape'))
    }
  })

  it('refuses identities and authors that are not Ed25519', async () => {
    const secp = await generateKeyPair('secp256k1')
    assert.throws(() => authorOf(secp), UnsupportedKeyError)
    await assert.rejects(sealEnvelope('example', body, secp), { code: 'ERR_UNSUPPORTED_KEY' })

    const envelope = openEnvelope(await sealEnvelope('example', body, key), options)
    assert.equal(await verifyEnvelope(envelope, secp.publicKey.toMultihash().bytes), false)
  })

  it('knows one spelling of an author only', () => {
    assert.equal(isAuthor(author), true)
    // The same protobuf with its two fields swapped is the same key under another name.
    const swapped = concat([author.subarray(0, 2), author.subarray(4), author.subarray(2, 4)])
    assert.equal(isAuthor(swapped), false)
    assert.equal(isAuthor(author.subarray(0, 37)), false)
  })

  it('refuses to seal a type that could be mistaken for another', async () => {
    await assert.rejects(sealEnvelope('delta/1\0', body, key), refusal('shape'))
  })

  it('keeps verifying when more authors than the cache holds come by', async () => {
    const envelope = openEnvelope(await sealEnvelope('example', body, key), options)
    for (let index = 0; index < 1100; index++) {
      const stranger = Uint8Array.from(author)
      new DataView(stranger.buffer).setUint16(6, index)
      assert.equal(await verifyEnvelope(envelope, stranger), false)
    }
    assert.equal(await verifyEnvelope(envelope, author), true)
  })

  it('names a record by the SHA-256 of its body', () => {
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
    assert.equal(Buffer.from(recordHash(filled(0, 0))).toString('hex'), empty)
    // The empty map, as `ipfs dag put` names it.
    assert.equal(recordCid(encode({})).toString(), 'bafyreigbtj4x7ip5legnfznufuopl4sg4knzc2cof6duas4b3q2fy6swua')
  })
})
