import { readdir, realpath, stat } from 'node:fs/promises'
import { basename, join, relative, sep } from 'node:path'
import type { AbortOptions } from '@libp2p/interface'
import { BrokenLinkError, EmptyClassError, NestedFolderError, NoImagesError, StrayImageError } from './image-errors.ts'

/** What Windows and archive programs leave in folders; hidden files are passed over as well. */
const LEFTOVERS = new Set(['thumbs.db', 'desktop.ini', '__macosx', 'icon\r'])

export interface ImageFile {
  readonly path: string
  /** Absent in a flat folder. */
  readonly className?: string
}

/**
 * The files of a folder of images in the order of their names: either every folder in it is a class, or it is flat and
 * holds images alone. Links are followed. Throws NoImagesError, EmptyClassError, NestedFolderError, StrayImageError,
 * BrokenLinkError.
 */
export async function listImages(folder: string, options: AbortOptions = {}): Promise<readonly ImageFile[]> {
  const { folders, files } = await listFolder(folder)
  if (folders.length === 0) {
    if (files.length === 0) throw new NoImagesError(folder)
    return files.map((path) => ({ path }))
  }
  if (files.length > 0) throw new StrayImageError(files[0]!)
  const images: ImageFile[] = []
  const root = await realpath(folder)
  for (const path of folders) {
    options.signal?.throwIfAborted()
    if (isWithin(root, await realpath(path))) throw new BrokenLinkError(path)
    const inside = await listFolder(path)
    if (inside.folders.length > 0) throw new NestedFolderError(inside.folders[0]!)
    if (inside.files.length === 0) throw new EmptyClassError(path)
    const className = basename(path)
    for (const file of inside.files) images.push({ path: file, className })
  }
  return images
}

/** Whether `path` is `folder` or lies in it. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way === '' || !(way === '..' || way.startsWith(`..${sep}`))
}

async function listFolder(folder: string): Promise<{ folders: string[]; files: string[] }> {
  const names = (await readdir(folder)).filter((name) => !name.startsWith('.') && !LEFTOVERS.has(name.toLowerCase()))
  const folders: string[] = []
  const files: string[] = []
  // By code unit, never by locale: every machine then sees the rows in the same order.
  for (const name of names.sort()) {
    const path = join(folder, name)
    const isFolder = (await statThrough(path)).isDirectory()
    if (isFolder) folders.push(path)
    else files.push(path)
  }
  return { folders, files }
}

async function statThrough(path: string) {
  try {
    return await stat(path)
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? cause.code : undefined
    if (code === 'ELOOP' || code === 'ENOENT') throw new BrokenLinkError(path, { cause })
    throw cause
  }
}
