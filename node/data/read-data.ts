import { type FileHandle, open, stat } from 'node:fs/promises'
import type { AbortOptions } from '@libp2p/interface'
import { TableNotFoundError } from './errors.ts'
import { SingleArrayError } from './npz-errors.ts'
import { readImages } from './read-images.ts'
import { readNpz } from './read-npz.ts'
import { checkTable, readTable } from './read-table.ts'
import type { Table } from './table.ts'

/** How every zip archive begins, `.npz` among them, unless it is empty. */
const ZIP_SIGNATURE = 'PK\x03\x04'
const NPY_SIGNATURE = '\x93NUMPY'

/**
 * Reads rows from whatever holds them: a folder of images, an `.npz` of NumPy, or a CSV or TSV file. Throws the errors
 * of `readImages`, `readNpz` and `readTable`.
 */
export async function readData(path: string, options: AbortOptions = {}): Promise<Table> {
  const kind = await kindOf(path)
  if (kind === 'folder') return readImages(path, options)
  return kind === 'npz' ? readNpz(path, options) : readTable(path, options)
}

/** Reads as `readData` does, and throws what it throws, but keeps nothing of it. */
export async function checkData(path: string, options: AbortOptions = {}): Promise<void> {
  if ((await kindOf(path)) === 'text') await checkTable(path, options)
  else await readData(path, options)
}

/** By what it is, and by its first bytes: an `.npz` by another name is one too. */
async function kindOf(path: string): Promise<'folder' | 'npz' | 'text'> {
  const stats = await statOf(path)
  if (stats.isDirectory()) return 'folder'
  if (!stats.isFile()) return 'text'
  if (/\.npz$/i.test(path)) return 'npz'
  const file = await open(path)
  try {
    const head = await beginning(file)
    if (head === NPY_SIGNATURE) throw new SingleArrayError(path)
    return head.startsWith(ZIP_SIGNATURE) ? 'npz' : 'text'
  } finally {
    await file.close()
  }
}

async function statOf(path: string) {
  try {
    return await stat(path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ENOENT') throw new TableNotFoundError(path, { cause })
    throw cause
  }
}

async function beginning(file: FileHandle): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(NPY_SIGNATURE.length), 0, NPY_SIGNATURE.length, 0)
  return buffer.toString('latin1', 0, bytesRead)
}
