import { BlockNotFoundError, type Storage } from '../../storage/index.ts'
import type { ImportedArchive } from '../control/index.ts'
import { parseCid } from './parse-cid.ts'

/** Something that a root leads to is not in the home. */
export class NotExportableError extends Error {
  override readonly name = 'NotExportableError'
  readonly code = 'ERR_NOT_EXPORTABLE'
  readonly statusCode = 404

  constructor(root: string, cause: BlockNotFoundError) {
    super(`${root} cannot be exported, block ${cause.cid} is not in the home: \`starling pin\` it first`, { cause })
  }
}

/** A CAR archive of a root, as a stream. Throws InvalidCidError, NotExportableError. */
export async function* exportArchive(storage: Storage, root: string): AsyncGenerator<Uint8Array> {
  try {
    yield* storage.exportCar(parseCid(root))
  } catch (error) {
    throw error instanceof BlockNotFoundError ? new NotExportableError(root, error) : error
  }
}

/** Takes the blocks of a CAR archive in, and with `pin` keeps its roots. Throws as Cars.import and Pins.keep. */
export async function importArchive(
  storage: Storage,
  source: AsyncIterable<Uint8Array>,
  { pin }: { readonly pin: boolean }
): Promise<ImportedArchive> {
  const { roots, blocks, bytes } = await storage.importCar(source)
  if (pin) for (const root of roots) await storage.pins.keep(root, { kind: 'other', by: 'user', createdAt: Date.now() })
  return { roots: roots.map(String), blocks, bytes, pinned: pin }
}
