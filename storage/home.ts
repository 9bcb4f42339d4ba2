import { access, chmod, constants, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { acquireHomeLock, lockHolder } from './home-lock.ts'
import { findIdentity, loadOrCreateIdentity } from './identity-file.ts'
import { makeFolder, writeFileAtomic } from './write-file-atomic.ts'

/** Format of a home that this program reads and writes. */
export const HOME_VERSION = 1
const VERSION_FILE = 'home.json'
const LOCK_FILE = 'home.lock'
export const IDENTITY_FILE = 'identity.key'
/** A home holds a private key and records about private data. */
const PRIVATE_FOLDER_MODE = 0o700

/** There is no home where one was expected. */
export class HomeNotFoundError extends Error {
  override readonly name = 'HomeNotFoundError'
  readonly code = 'ERR_HOME_NOT_FOUND'

  constructor(dir: string) {
    super(`there is no home at ${dir}: \`starling create\` and \`starling join\` make one; or name another with --home`)
  }
}

/** The home cannot be read or written. */
export class HomeNotWritableError extends Error {
  override readonly name = 'HomeNotWritableError'
  readonly code = 'ERR_HOME_NOT_WRITABLE'

  constructor(dir: string, cause: unknown) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause)
    super(`home ${dir} cannot be written (${reason}): check its owner and permissions, or choose another home`, {
      cause
    })
  }
}

/** A newer program wrote the home. */
export class HomeVersionError extends Error {
  override readonly name = 'HomeVersionError'
  readonly code = 'ERR_HOME_VERSION'

  constructor(dir: string, version: number) {
    super(`home ${dir} has format ${version}, this program knows up to ${HOME_VERSION}: update the program`)
  }
}

/** The home's version file is damaged. */
export class HomeCorruptError extends Error {
  override readonly name = 'HomeCorruptError'
  readonly code = 'ERR_HOME_CORRUPT'

  constructor(path: string, content: string) {
    const shown = content.slice(0, 40)
    super(
      `${path} holds ${JSON.stringify(shown)}, expected {"version":${HOME_VERSION}}: put that back, by hand or from a backup`
    )
  }
}

/** A peer's folder, held by this process until `close`. */
export interface Home {
  /** Absolute path. */
  readonly dir: string
  /** The private key that makes this peer who it is. */
  readonly identity: Ed25519PrivateKey
  /** Absolute path of something in the home. */
  path(...parts: string[]): string
  /** Lets the next process in. May be called twice. */
  close(): Promise<void>
}

export interface OpenHomeOptions {
  /** Make the home when there is none. Default false. */
  readonly create?: boolean
  /** Key file of a new home; a home that has one keeps it. Default: a new key. */
  readonly identity?: Uint8Array
}

/**
 * Opens a peer's home for this process alone: version, lock, identity.
 *
 * Throws HomeNotFoundError, HomeNotWritableError, HomeVersionError, HomeCorruptError, HomeInUseError,
 * IdentityCorruptError.
 */
export async function openHome(dir: string, { create = false, identity: given }: OpenHomeOptions = {}): Promise<Home> {
  const root = resolve(dir)
  const path = (...parts: string[]) => join(root, ...parts)
  const version = await readVersion(path(VERSION_FILE), root)
  if (version === undefined && !create) throw new HomeNotFoundError(root)
  if (version !== undefined && version > HOME_VERSION) throw new HomeVersionError(root, version)
  await makeWritable(root, version === undefined)
  const release = await acquireHomeLock(path(LOCK_FILE))
  try {
    if (version === undefined) await writeFileAtomic(path(VERSION_FILE), encodeVersion())
    const identity = await loadOrCreateIdentity(path(IDENTITY_FILE), given)
    return { dir: root, identity, path, close: release }
  } catch (error) {
    await release()
    throw error
  }
}

/** Id of the process that has a home open; undefined when none has, or when there is no home. */
export async function homeHolder(dir: string): Promise<number | undefined> {
  return lockHolder(join(resolve(dir), LOCK_FILE))
}

/** The key of a home that may be in use, or not be there yet: nothing is locked, made or changed. Throws IdentityCorruptError. */
export function peekIdentity(dir: string): Promise<Ed25519PrivateKey | undefined> {
  return findIdentity(join(resolve(dir), IDENTITY_FILE))
}

function encodeVersion(): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify({ version: HOME_VERSION })}\n`)
}

async function readVersion(path: string, dir: string): Promise<number | undefined> {
  let text: string
  try {
    text = await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return
    throw new HomeNotWritableError(dir, error)
  }
  return parseHomeVersion(path, text)
}

/** The version in the text of a home's version file, at `path`. Throws HomeCorruptError. */
export function parseHomeVersion(path: string, text: string): number {
  try {
    const { version } = JSON.parse(text) as { version?: unknown }
    if (Number.isSafeInteger(version) && (version as number) >= 1) return version as number
  } catch {
    // Falls through: no JSON and no version are the same damage.
  }
  throw new HomeCorruptError(path, text)
}

/** A folder that is new or empty becomes private; one that already holds things stays as its owner set it. */
async function makeWritable(dir: string, isNew: boolean): Promise<void> {
  try {
    if (isNew) {
      await makeFolder(dir, PRIVATE_FOLDER_MODE)
      if ((await readdir(dir)).length === 0) await chmod(dir, PRIVATE_FOLDER_MODE)
    }
    await access(dir, constants.R_OK | constants.W_OK | constants.X_OK)
  } catch (error) {
    throw new HomeNotWritableError(dir, error)
  }
}
