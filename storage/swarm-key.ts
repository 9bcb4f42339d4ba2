import { createHash, randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { equals } from 'uint8arrays/equals'
import { PRIVATE_FILE_MODE } from './identity-file.ts'
import { writeFileAtomic } from './write-file-atomic.ts'

/** The name that Kubo gives it in its repository. */
const SWARM_KEY_FILE = 'swarm.key'
const KEY_BYTES = 32
/** Longest file that is read as one: the three lines have 95 characters. */
const MAX_FILE_BYTES = 1024
/** The three lines of a key, with whatever line ends, and with or without one at the end. */
const KEY_PATTERN = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n([0-9a-fA-F]{64})\s*$/

/** Bytes of a fingerprint: enough to tell keys apart, by eye too. */
const FINGERPRINT_BYTES = 8
/** So that what is told of a key is the hash of nothing else. */
const FINGERPRINT_CONTEXT = 'starling swarm key fingerprint'

/** A file holds no swarm key. */
export class SwarmKeyCorruptError extends Error {
  override readonly name = 'SwarmKeyCorruptError'
  readonly code = 'ERR_SWARM_KEY_CORRUPT'

  constructor(path: string) {
    super(
      `${path} holds no swarm key: it has three lines, /key/swarm/psk/1.0.0/, /base16/ and 64 digits of base 16, as Kubo's`
    )
  }
}

/** The home has another key than the one that it was to get. */
export class SwarmKeyExistsError extends Error {
  override readonly name = 'SwarmKeyExistsError'
  readonly code = 'ERR_SWARM_KEY_EXISTS'

  constructor(dir: string, fingerprint: string) {
    super(
      `home ${dir} has another swarm key (${fingerprint}): its runs' peers would no longer be reached; take a new home, ` +
        `or remove ${join(dir, SWARM_KEY_FILE)} first`
    )
  }
}

/** The pre-shared key of a private libp2p network: without it nobody gets as far as the first handshake. */
export interface SwarmKey {
  /** The file's three lines. */
  readonly file: Uint8Array
  /** Tells keys apart and says nothing else of them, 8 bytes. */
  readonly fingerprint: Uint8Array
}

/** A key that nobody has yet. */
export function newSwarmKey(): SwarmKey {
  return swarmKeyOf(randomBytes(KEY_BYTES).toString('hex'))
}

/** The key in a text that was read at `path`. Throws SwarmKeyCorruptError. */
export function parseSwarmKey(path: string, text: string): SwarmKey {
  const digits = KEY_PATTERN.exec(text)?.[1]
  if (digits === undefined || text.length > MAX_FILE_BYTES) throw new SwarmKeyCorruptError(path)
  return swarmKeyOf(digits.toLowerCase())
}

function swarmKeyOf(digits: string): SwarmKey {
  const fingerprint = createHash('sha256').update(FINGERPRINT_CONTEXT).update(digits, 'hex').digest()
  return {
    file: new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${digits}\n`),
    fingerprint: new Uint8Array(fingerprint.subarray(0, FINGERPRINT_BYTES))
  }
}

/** A fingerprint as people compare it. */
export function fingerprintText(fingerprint: Uint8Array): string {
  return Buffer.from(fingerprint).toString('hex')
}

/** The key in a home, which may be in use; undefined where its peer meets everybody. Throws SwarmKeyCorruptError. */
export async function readSwarmKey(dir: string): Promise<SwarmKey | undefined> {
  const path = join(resolve(dir), SWARM_KEY_FILE)
  const text = await readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return
    throw error
  })
  return text === undefined ? undefined : parseSwarmKey(path, text)
}

/** Makes a home one of a private network. Throws SwarmKeyExistsError, SwarmKeyCorruptError. */
export async function giveSwarmKey({ dir }: { readonly dir: string }, key: SwarmKey): Promise<void> {
  const known = await readSwarmKey(dir)
  if (known !== undefined && equals(known.file, key.file)) return
  if (known !== undefined) throw new SwarmKeyExistsError(dir, fingerprintText(known.fingerprint))
  await writeFileAtomic(join(dir, SWARM_KEY_FILE), key.file, { mode: PRIVATE_FILE_MODE })
}
