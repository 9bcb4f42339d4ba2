import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { describe, it } from 'node:test'
import { pathToFileURL } from 'node:url'
import { isInRepository, readRepositoryFile, repositoryPath } from './repository.ts'

const PARTS = ['node', 'protocols', 'storage']

/** Folders with more than one source: each has an `index.ts` that is its public face. */
async function foldersWithAFace(): Promise<string[]> {
  const files = await Promise.all(
    PARTS.map(async (part) =>
      (await readdir(repositoryPath(part), { recursive: true })).map((file) => `${part}/${file}`)
    )
  )
  const folders = files
    .flat()
    .filter((file) => file.endsWith('.ts'))
    .map(dirname)
  return [...new Set(folders.filter((folder, index) => folders.indexOf(folder) !== index))]
}

/** The TypeScript example in the doc comment that opens a file, or `undefined`. */
function exampleIn(source: string): string | undefined {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(source)?.[1]
  const code = comment === undefined ? undefined : /```ts\n([\s\S]*?)```/.exec(comment)?.[1]
  return code?.replaceAll(/^ \* ?/gm, '')
}

/** What is wrong with an example of a face that exports these names. */
function faultsOf(example: string, exported: ReadonlySet<string>): string[] {
  const imports = /import \{([^}]*)\} from '\.[^']*index\.ts'/.exec(example)?.[1] ?? ''
  const imported = imports
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '')
  const unknown = imported.filter((name) => !exported.has(name)).map((name) => `${name} is not exported`)
  const isAboutIt = [...exported].some((name) => new RegExp(`\\b${name}\\b`).test(example))
  return isAboutIt ? unknown : [...unknown, 'uses nothing that the folder exports']
}

async function exportsOf(face: string): Promise<Set<string>> {
  return new Set(Object.keys(await import(pathToFileURL(repositoryPath(face)).href)))
}

describe('the public face of a folder', async () => {
  /** The parts of the house, and `node/run`, whose files are imported one by one so that a command loads only its own. */
  const withoutFace = new Set(['node', 'protocols', 'node/run'])
  const folders = (await foldersWithAFace()).filter((folder) => !withoutFace.has(folder))

  for (const folder of folders) {
    it(`${folder}/index.ts opens with an example that uses what it exports`, async () => {
      const face = `${folder}/index.ts`
      assert.ok(isInRepository(face), `${folder} has several files and no index.ts`)
      const example = exampleIn(await readRepositoryFile(face))
      assert.ok(example !== undefined, `${face} does not open with an example`)
      assert.deepEqual(faultsOf(example, await exportsOf(face)), [])
    })
  }

  it('is refused when its example is about something else or imports what is not there (control)', async () => {
    const exported = await exportsOf('protocols/averaging/index.ts')
    const example = exampleIn(await readRepositoryFile('protocols/averaging/index.ts'))!
    assert.deepEqual(faultsOf(example.replaceAll('Averager', 'Averageur'), exported), ['Averageur is not exported'])
    assert.deepEqual(faultsOf('launch(rocket)', exported), ['uses nothing that the folder exports'])
    assert.equal(exampleIn('// no comment\nexport const x = 1\n'), undefined)
  })
})
