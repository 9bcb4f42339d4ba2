import { createReadStream } from 'node:fs'
import { access, constants } from 'node:fs/promises'
import { uploadControl } from '../control/control-client.ts'
import type { ImportedArchive } from '../control/index.ts'
import { reachHome } from './reach-home.ts'
import { withHomeStorage } from './with-home-storage.ts'

interface ImportCarOptions {
  readonly home: string
  /** Keeps the roots of the archive. Without, the next sweep may take what was imported after ten minutes. */
  readonly pin?: boolean
}

/** The archive cannot be opened. */
export class ArchiveFileError extends Error {
  override readonly name = 'ArchiveFileError'
  readonly code = 'ERR_ARCHIVE_FILE'

  constructor(path: string, cause: unknown) {
    const { code } = cause as NodeJS.ErrnoException
    super(`${path} cannot be read (${code}): check the path`, { cause })
  }
}

/**
 * Takes a CAR archive into a home, whether or not the home's peer runs: what `starling import FILE.car [--pin]` does.
 * Throws InvalidCarError, DamagedCarError, IncompleteCarError, ArchiveFileError.
 */
export async function importCar(file: string, { home, pin = false }: ImportCarOptions): Promise<ImportedArchive> {
  await access(file, constants.R_OK).catch((cause: unknown) => {
    throw new ArchiveFileError(file, cause)
  })
  return reachHome({
    running: async () => {
      const archive = { type: 'application/vnd.ipld.car', open: () => createReadStream(file) }
      return (await uploadControl(home, `/cars?pin=${pin}`, archive)) as ImportedArchive
    },
    alone: () =>
      withHomeStorage(home, async (storage) => {
        const { importArchive } = await import('../run/car-archives.ts')
        return importArchive(storage, createReadStream(file), { pin })
      })
  })
}
