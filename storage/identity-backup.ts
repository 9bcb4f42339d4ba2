import { access, readFile, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { type Home, IDENTITY_FILE, openHome } from './home.ts'
import { loadOrCreateIdentity, PRIVATE_FILE_MODE, parseIdentity } from './identity-file.ts'
import { writeFileAtomic } from './write-file-atomic.ts'

/** A file or a key is there already, and would be lost. */
export class IdentityExistsError extends Error {
  override readonly name = 'IdentityExistsError'
  readonly code = 'ERR_IDENTITY_EXISTS'
}

/** Writes the home's private key to a new file that only its owner can read. Throws IdentityExistsError. */
export async function copyIdentity(home: Home, file: string): Promise<void> {
  if (await exists(file)) throw new IdentityExistsError(`${file} exists already: choose another name for the backup`)
  await writeFileAtomic(file, await readFile(home.path(IDENTITY_FILE)), { mode: PRIVATE_FILE_MODE })
}

/**
 * Gives a home the key in `bytes`, read from `file`. A home that has a key of its own keeps it: whoever wants to give it
 * up moves the file away. Throws IdentityCorruptError, IdentityExistsError.
 */
export async function restoreIdentity(dir: string, bytes: Uint8Array, file: string): Promise<void> {
  await parseIdentity(file, bytes)
  const path = join(resolve(dir), IDENTITY_FILE)
  if (await exists(path)) {
    throw new IdentityExistsError(`${resolve(dir)} has a key already: move ${path} away first, or choose a new --home`)
  }
  const home = await openHome(dir, { create: true, identity: bytes })
  await home.close()
}

/** Makes a new key for the home, from the next start on. Returns where the old one is kept. */
export async function renewIdentity(home: Home): Promise<string> {
  const path = home.path(IDENTITY_FILE)
  const kept = home.path(`${IDENTITY_FILE}.${Date.now()}`)
  await rename(path, kept)
  await loadOrCreateIdentity(path)
  return kept
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}
