import { chmod, readFile } from 'node:fs/promises'
import {
  generateKeyPair,
  generateKeyPairFromSeed,
  privateKeyFromProtobuf,
  privateKeyToProtobuf
} from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { equals } from 'uint8arrays/equals'
import { writeFileAtomic } from './write-file-atomic.ts'

/** Only its owner may read a private key. */
export const PRIVATE_FILE_MODE = 0o600
/** RFC 8032: an Ed25519 private key is a seed of 32 bytes; libp2p stores the public key behind it. */
const SEED_BYTES = 32

/** The file with the peer's private key does not hold one. */
export class IdentityCorruptError extends Error {
  override readonly name = 'IdentityCorruptError'
  readonly code = 'ERR_IDENTITY_CORRUPT'

  constructor(path: string, options: { cause?: unknown } = {}) {
    super(`${path} holds no valid Ed25519 key: restore it from a backup, or remove it to start as a new peer`, options)
  }
}

/** Reads the peer's key; where there is none takes the one in `given`, or makes one. Throws IdentityCorruptError. */
export async function loadOrCreateIdentity(path: string, given?: Uint8Array): Promise<Ed25519PrivateKey> {
  let bytes: Uint8Array
  try {
    bytes = await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    const key = given === undefined ? await generateKeyPair('Ed25519') : await parseIdentity(path, given)
    await writeFileAtomic(path, privateKeyToProtobuf(key), { mode: PRIVATE_FILE_MODE })
    return key
  }
  const key = await parseIdentity(path, bytes)
  await chmod(path, PRIVATE_FILE_MODE)
  return key
}

/** Reads the peer's key; `undefined` where there is none yet. Throws IdentityCorruptError. */
export async function findIdentity(path: string): Promise<Ed25519PrivateKey | undefined> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return
    throw error
  })
  return bytes === undefined ? undefined : parseIdentity(path, bytes)
}

/** The key in `bytes`, which came from `path`. Throws IdentityCorruptError. */
export async function parseIdentity(path: string, bytes: Uint8Array): Promise<Ed25519PrivateKey> {
  try {
    const key = privateKeyFromProtobuf(bytes)
    if (key.type === 'Ed25519') {
      // A flipped bit in the key gives halves that do not belong together and signatures that nobody accepts; one in
      // the protobuf around it goes unnoticed by the lenient parser. Both show when the file is written anew.
      const derived = await generateKeyPairFromSeed('Ed25519', key.raw.subarray(0, SEED_BYTES))
      if (equals(privateKeyToProtobuf(derived), bytes)) return key
    }
  } catch (cause) {
    throw new IdentityCorruptError(path, { cause })
  }
  throw new IdentityCorruptError(path)
}
