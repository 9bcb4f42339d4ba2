import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isInRepository, readRepositoryFile } from './repository.ts'

const PATH = /(?:(?<=\.\.\/)|(?<![\w/@.-]))(?:node|protocols|storage|bootstrap|test|docs)\/[\w./-]*\w\/?/g

/** Paths that a document names, in links, code or pictures, and that do not exist. */
function missingPaths(markdown: string): string[] {
  return [...new Set(markdown.match(PATH))].filter((path) => !isInRepository(path))
}

describe('docs/architecture.md', async () => {
  const page = await readRepositoryFile('docs/architecture.md')

  it('names only paths that exist', () => {
    assert.ok((page.match(PATH) ?? []).length > 40, 'hardly a path was found')
    assert.deepEqual(missingPaths(page), [])
  })

  it('is refused when it names a path that does not exist (control)', () => {
    assert.deepEqual(missingPaths(`${page}\nSee \`node/vectors/gone.ts\` and [that](../protocols/gone/).`), [
      'node/vectors/gone.ts',
      'protocols/gone/'
    ])
  })

  it('names every folder of the program', async () => {
    const faces = ['commands', 'data', 'demo', 'participant', 'run', 'training', 'vectors'].map(
      (name) => `node/${name}/`
    )
    for (const folder of faces) assert.ok(page.includes(folder), `${folder} is not on the page`)
  })
})
