import { readdir, readFile } from 'node:fs/promises'
import { join, normalize, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../../', import.meta.url))

/** Folders of the house that hold program code; `bootstrap` comes with the issue that needs it. */
const SOURCE_FOLDERS = ['node', 'protocols', 'storage', 'bootstrap']

/** `import … from 'x'`, `export … from 'x'`, `import 'x'` and `import('x')`. */
const SPECIFIER = /(?:\bfrom\s*|\bimport\s*\(?\s*)'([^']+)'/g

export interface Source {
  /** From the root of the project, with slashes. */
  readonly path: string
  readonly text: string
}

/** All sources of the program. */
export async function readSources(): Promise<Source[]> {
  const found = await Promise.all(SOURCE_FOLDERS.map((folder) => sourcesIn(join(ROOT, folder))))
  return found.flat()
}

async function sourcesIn(folder: string): Promise<Source[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  })
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  return Promise.all(
    files.map(async (entry) => {
      const file = join(entry.parentPath, entry.name)
      return { path: relative(ROOT, file).split(sep).join('/'), text: await readFile(file, 'utf8') }
    })
  )
}

/** What a source imports: files of the project by their path from the root, packages by name. */
export function importsOf({ path, text }: Source): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '') // Examples in comments import too.
  return [...code.matchAll(SPECIFIER)].map(([, specifier]) =>
    specifier!.startsWith('.')
      ? normalize(join(path, '..', specifier!))
          .split(sep)
          .join('/')
      : specifier!
  )
}
