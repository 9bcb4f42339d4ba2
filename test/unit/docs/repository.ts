import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

const ROOT = new URL('../../../', import.meta.url)

/** Absolute path of something in the repository. */
export function repositoryPath(path: string): string {
  return fileURLToPath(new URL(path, ROOT))
}

export function readRepositoryFile(path: string): Promise<string> {
  return readFile(repositoryPath(path), 'utf8')
}

export function isInRepository(path: string): boolean {
  return existsSync(repositoryPath(path))
}
