import assert from 'node:assert/strict'
import { before, describe, it } from 'node:test'
import { helpOf } from './help.ts'
import { isInRepository, readRepositoryFile } from './repository.ts'
import { callsIn, unknownIn } from './shell-commands.ts'

const readme = await readRepositoryFile('README.md')

function section(markdown: string, heading: string): string {
  return markdown.split(/^## /m).find((part) => part.startsWith(heading)) ?? ''
}

/** Names in code in the first cell of every row of a table, the head left out. */
function firstCells(markdown: string): string[] {
  const rows = markdown.split('\n').filter((line) => line.startsWith('| `'))
  return rows.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, name]) => name!))
}

describe('the commands in the README', () => {
  const helpByVerb = new Map<string, string>()

  before(async () => {
    const verbs = [...new Set(callsIn(readme).map(({ verb }) => verb))]
    const known = [...(await helpOf()).matchAll(/^ {2}([a-z]+) /gm)].map(([, verb]) => verb!)
    const documented = verbs.filter((verb) => known.includes(verb))
    await Promise.all(documented.map(async (verb) => helpByVerb.set(verb, await helpOf(verb))))
  })

  it('exist, with their options', () => {
    const calls = callsIn(readme)
    assert.ok(calls.length >= 6, `only ${calls.length} calls found`)
    assert.deepEqual(unknownIn(calls, helpByVerb), [])
  })

  it('are refused when a verb or an option is invented (control)', () => {
    const invented =
      '```sh\nnpx starling join X --data a.csv \\\n  --teleport | head\nnpx starling fly\n```\n`npm start -- --warp 9`'
    assert.deepEqual(unknownIn(callsIn(invented), helpByVerb), ['join --teleport', 'fly', 'demo --warp'])
  })

  it('include every option of the demo, and its table names no other', () => {
    const listed = firstCells(section(readme, 'What the demo prints')).map((cell) => cell.split(' ')[0]!)
    const options = [...helpByVerb.get('demo')!.matchAll(/^ {2}(?:-\w, )?(--[a-z-]+)/gm)].map(([, flag]) => flag!)
    assert.deepEqual([...new Set(listed)].sort(), options.filter((flag) => flag !== '--help').sort())
  })

  it('name npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await readRepositoryFile('package.json')) as { scripts: Record<string, string> }
    const named = [...readme.matchAll(/\bnpm (start|test)\b|\bnpm run ([\w:]+)/g)].map(([, a, b]) => a ?? b!)
    assert.ok(named.includes('start') && named.includes('test'))
    assert.deepEqual(
      named.filter((name) => !(name in scripts)),
      []
    )
  })
})

describe('the dependencies in the README', () => {
  const named = (markdown: string) => firstCells(section(markdown, 'Dependencies')).sort()

  async function declared(): Promise<string[]> {
    const manifest = JSON.parse(await readRepositoryFile('package.json')) as Record<string, Record<string, string>>
    const kinds = ['dependencies', 'optionalDependencies', 'devDependencies', 'overrides']
    return kinds.flatMap((kind) => Object.keys(manifest[kind] ?? {})).sort()
  }

  it('are those of package.json, all of them and no other', async () => {
    assert.deepEqual(named(readme), await declared())
  })

  it('are refused when one has no row or a row has no package (control)', async () => {
    const dependencies = await declared()
    assert.notDeepEqual(named(readme.replace('| `helia` |', '| `left-pad` |')), dependencies)
    assert.notDeepEqual(named(readme.replace(/^\| `zod`.*\n/m, '')), dependencies)
  })

  it('each have a reason', () => {
    const rows = section(readme, 'Dependencies')
      .split('\n')
      .filter((line) => line.startsWith('| `'))
    for (const row of rows) assert.match(row, /^\| .* \| .{5,} \|$/)
  })
})

describe('the links in the README', () => {
  const missing = (markdown: string) =>
    [...markdown.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path!).filter((path) => !isInRepository(path))

  it('lead to files that exist', () => {
    assert.deepEqual(missing(readme), [])
  })

  it('are refused when they lead nowhere (control)', () => {
    assert.deepEqual(missing(`${readme}\n[more](docs/nowhere.md)`), ['docs/nowhere.md'])
  })
})
