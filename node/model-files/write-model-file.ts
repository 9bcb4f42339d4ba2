import { access, mkdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { NamedFile } from '../../storage/formats/index.ts'
import { writeFileAtomic } from '../../storage/index.ts'
import { OutputEndingError, OutputError, OutputExistsError } from './errors.ts'
import type { ModelFormat } from './model-format.ts'
import type { PortableModel } from './portable-model.ts'

export interface WriteModelOptions {
  /** Replaces files that are there. */
  readonly force: boolean
}

export interface WrittenFile {
  readonly path: string
  readonly bytes: number
}

/**
 * Writes a model to `path` and what belongs to it beside it; each file is there whole or not at all, the one at `path`
 * last. Throws NotExportableError, OutputExistsError, OutputError.
 */
export async function writeModelFile(
  format: ModelFormat,
  model: PortableModel,
  path: string,
  { force }: WriteModelOptions
): Promise<WrittenFile[]> {
  const files = await format.encode(model, basename(path))
  const folder = dirname(path)
  if (!force) for (const { name } of files) await requireFree(join(folder, name))
  try {
    await mkdir(folder, { recursive: true })
    return await writeAll(folder, files)
  } catch (cause) {
    throw new OutputError(path, cause)
  }
}

/** A file is read back by its ending. Throws OutputEndingError. */
export function requireEnding(path: string, { name, ending }: ModelFormat): void {
  if (!path.endsWith(ending)) throw new OutputEndingError(path, name, ending)
}

/** Throws OutputExistsError where something is at `path`. */
export async function requireFree(path: string): Promise<void> {
  const isThere = await access(path).then(
    () => true,
    () => false
  )
  if (isThere) throw new OutputExistsError(path)
}

async function writeAll(folder: string, files: readonly NamedFile[]): Promise<WrittenFile[]> {
  const written: WrittenFile[] = []
  for (const { name, bytes } of files) {
    const path = join(folder, name)
    await writeFileAtomic(path, bytes)
    written.push({ path, bytes: bytes.byteLength })
  }
  return written
}
