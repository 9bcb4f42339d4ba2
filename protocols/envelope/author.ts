import type { KeyObject } from 'node:crypto'
import { createPublicKey } from 'node:crypto'
import type { PrivateKey } from '@libp2p/interface'
import { toString as uint8ArrayToString } from 'uint8arrays/to-string'
import { UnsupportedKeyError } from './errors.ts'

/**
 * An Ed25519 PeerId: identity multihash (0x00) of 36 bytes (0x24) that hold the protobuf `{ Type: Ed25519, Data: 32 bytes }`.
 * https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
const ED25519_PREFIX = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)
const PUBLIC_KEY_BYTES = 32
export const AUTHOR_BYTES = ED25519_PREFIX.length + PUBLIC_KEY_BYTES

/**
 * Members of a large run whose records a peer sees in turn: links (at most 128) and the authors sampled on the topic.
 * A parsed key takes about 1 kB, so a stranger who invents authors costs at most 1 MB.
 */
const CACHED_KEYS = 1024

/**
 * Node's `createPublicKey` costs a fifth of a verification (36 of 215 µs), and libp2p's key classes call it for every
 * signature. A memo of a pure function: whoever shares it sees nothing of the others.
 */
const publicKeys = new Map<string, KeyObject>()

/** The bytes that name the owner of this key in records: those of its PeerId. Throws {@link UnsupportedKeyError}. */
export function authorOf(privateKey: PrivateKey): Uint8Array {
  if (privateKey.type !== 'Ed25519') {
    throw new UnsupportedKeyError(privateKey.type)
  }
  return privateKey.publicKey.toMultihash().bytes
}

/**
 * Whether these bytes are an Ed25519 PeerId in its only spelling. Protobuf has several for the same key, and an author
 * with two names could hold two chains.
 */
export function isAuthor(value: unknown): value is Uint8Array {
  return (
    value instanceof Uint8Array &&
    value.length === AUTHOR_BYTES &&
    ED25519_PREFIX.every((byte, index) => value[index] === byte)
  )
}

/** The key of an author for which {@link isAuthor} holds. Least recently used keys leave first. */
export function publicKeyOf(author: Uint8Array): KeyObject {
  const x = uint8ArrayToString(author.subarray(ED25519_PREFIX.length), 'base64url')
  const key = publicKeys.get(x) ?? createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } })

  publicKeys.delete(x)
  publicKeys.set(x, key)
  if (publicKeys.size > CACHED_KEYS) {
    publicKeys.delete(publicKeys.keys().next().value!)
  }
  return key
}
