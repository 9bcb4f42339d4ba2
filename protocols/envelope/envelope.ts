/**
 * The envelope around every signed record: DAG-CBOR `{ v: 1, type, body: bytes, signature: bytes }`.
 *
 * The author's name is inside the body, because a record means nothing without it; so opening an envelope and checking
 * its signature are two steps with the body's own checks between them. `type` is part of what is signed: a signature
 * made for one kind of record is worth nothing on another. There are no other keys, since whatever is outside the body
 * is unsigned and any forwarder could write it.
 */
import { verify } from 'node:crypto'
import { encode } from '@ipld/dag-cbor'
import type { PrivateKey } from '@libp2p/interface'
import { concat } from 'uint8arrays/concat'
import { fromString } from 'uint8arrays/from-string'
import { authorOf, isAuthor, publicKeyOf } from './author.ts'
import { decodeMap } from './decode-map.ts'
import { InvalidRecordError } from './errors.ts'
import { showValue } from './show-value.ts'

const ENVELOPE_KEYS = ['body', 'signature', 'type', 'v']
/** Ed25519, RFC 8032, section 5.1.6. */
const SIGNATURE_BYTES = 64
/** A type ends up between separators in what is signed, so it contains none of them. */
const TYPE_PATTERN = /^[a-z][a-z-]{0,31}$/

/** A signed record whose body has not been read, nor its signature checked. */
export interface Envelope {
  readonly v: 1
  readonly type: string
  readonly body: Uint8Array
  /** 64 bytes, Ed25519, over `"starling/" type "/1" 0x00 body`. */
  readonly signature: Uint8Array
}

export interface OpenEnvelopeOptions {
  /** The only type that is expected here. */
  readonly type: string
  /** Bound on the whole envelope. */
  readonly maxBytes: number
}

/** Signs `body` as a record of `type`. Throws {@link UnsupportedKeyError} unless the key is Ed25519. */
export async function sealEnvelope(type: string, body: Uint8Array, privateKey: PrivateKey): Promise<Uint8Array> {
  if (!TYPE_PATTERN.test(type)) {
    throw new InvalidRecordError('shape', `record type ${JSON.stringify(type)} does not match ${TYPE_PATTERN}`)
  }
  authorOf(privateKey)
  const signature = await privateKey.sign(signedBytes(type, body))
  return encode({ v: 1, type, body, signature })
}

/**
 * Checks length, version and shape of an envelope, in this order; the signature is for {@link verifyEnvelope}.
 * Throws {@link InvalidRecordError}.
 */
export function openEnvelope(bytes: Uint8Array, { type, maxBytes }: OpenEnvelopeOptions): Envelope {
  const what = `${type} envelope`
  const { map } = decodeMap(what, bytes, { maxBytes, version: 1 })
  const keys = Object.keys(map)
  if (keys.length !== ENVELOPE_KEYS.length || !ENVELOPE_KEYS.every((key) => Object.hasOwn(map, key))) {
    throw new InvalidRecordError('shape', `${what} has ${keys.length} keys, not the four ${ENVELOPE_KEYS.join(', ')}`)
  }
  const { body, signature } = map
  if (map.type !== type) {
    throw new InvalidRecordError('shape', `${what} was expected, its type is ${showValue(map.type)}`)
  }
  if (!(body instanceof Uint8Array)) {
    throw new InvalidRecordError('shape', `${what} has a body that is not bytes`)
  }
  if (!(signature instanceof Uint8Array) || signature.length !== SIGNATURE_BYTES) {
    throw new InvalidRecordError('shape', `${what} has a signature that is not ${SIGNATURE_BYTES} bytes`)
  }
  return { v: 1, type, body, signature }
}

/** The type that an envelope claims, where one of several may stand; undefined when it is none. Throws {@link InvalidRecordError}. */
export function envelopeType(bytes: Uint8Array, maxBytes: number): string | undefined {
  const { type } = decodeMap('envelope', bytes, { maxBytes, version: 1 }).map
  return typeof type === 'string' ? type : undefined
}

/**
 * Whether `author` signed this envelope. `author` is the bytes of a PeerId (38 bytes, identity multihash of an Ed25519
 * key); every other kind of author has signed nothing.
 */
export async function verifyEnvelope(envelope: Envelope, author: Uint8Array): Promise<boolean> {
  if (!isAuthor(author)) {
    return false
  }
  return verify(null, signedBytes(envelope.type, envelope.body), publicKeyOf(author), envelope.signature)
}

function signedBytes(type: string, body: Uint8Array): Uint8Array {
  return concat([fromString(`starling/${type}/1\0`), body])
}
