import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'

/**
 * SHA-256, in hex, of a file of rows or of a folder of images: names in the folder and every byte. Costs what reading
 * costs, as loading the rows does. Undefined for what can be read only once, such as a pipe. Throws the file system's
 * error.
 */
export async function fingerprintOf(path: string): Promise<string | undefined> {
  const hash = createHash('sha256')
  const stats = await stat(path)
  const isFolder = stats.isDirectory()
  if (!isFolder && !stats.isFile()) return undefined
  for (const file of isFolder ? await filesIn(path) : [path]) {
    // A name ends with a zero byte, which none holds, so that no two folders read alike.
    if (isFolder) hash.update(`${relative(path, file)}\0${(await stat(file)).size}\0`)
    for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer)
  }
  return hash.digest('hex')
}

async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries.flatMap((entry) => (entry.isFile() ? [join(entry.parentPath, entry.name)] : [])).sort()
}
