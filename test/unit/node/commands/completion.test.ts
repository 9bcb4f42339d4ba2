import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { createProgram } from '../../../../node/commands/index.ts'
import { repositoryPath } from '../../docs/repository.ts'

const runFile = promisify(execFile)

async function scriptFor(shell: string): Promise<string> {
  return (await runFile(process.execPath, [repositoryPath('node/main.ts'), 'completion', shell])).stdout
}

describe('completion in bash', () => {
  let folder: string
  let script: string

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'starling-completion-'))
    script = join(folder, 'starling.bash')
    await writeFile(script, await scriptFor('bash'))
    for (const name of ['rows.csv', 'invite.txt', 'my invite.txt']) await writeFile(join(folder, name), '')
    await mkdir(join(folder, 'home one'))
  })
  after(() => rm(folder, { recursive: true }))

  /** What is offered for the last of these words, as bash itself says. */
  async function offered(...words: string[]): Promise<string[]> {
    const program =
      'source "$0"; COMP_WORDS=(starling "$@"); COMP_CWORD=$#; _starling; printf "%s\\n" "${COMPREPLY[@]}"'
    const { stdout } = await runFile('bash', ['--norc', '-c', program, script, ...words], { cwd: folder })
    return stdout
      .split('\n')
      .filter((line) => line !== '')
      .sort()
  }

  it('offers verbs, verbs inside a verb, and options', async () => {
    const { commands } = await createProgram()
    assert.deepEqual(
      (await offered('')).filter((word) => !word.startsWith('-')),
      commands.map((command) => command.name()).sort()
    )
    assert.deepEqual(await offered('jo'), ['join'])
    assert.deepEqual(await offered('--debug', 'identity', 're'), ['renew', 'restore'])
    assert.deepEqual(await offered('identity', 'show', '--ho'), ['--home'])
    assert.deepEqual(await offered('join', '--wait-'), ['--wait-for-links', '--wait-seconds'])
    assert.deepEqual(await offered('create', '--wait-'), [])
  })

  it('offers folders, files and words where an option takes them, and nothing where it takes a number', async () => {
    assert.deepEqual(await offered('status', '--home', 'ho'), ['home one'])
    assert.deepEqual(await offered('join', '--data', 'ro'), ['rows.csv'])
    assert.deepEqual(await offered('create', '--data', 'rows.csv', 'inv'), ['invite.txt'])
    assert.deepEqual(await offered('start', '--role', ''), ['pinner'])
    assert.deepEqual(await offered('create', '--rounds', ''), [])
    assert.deepEqual(await offered('create', '--rounds', '9', '--lab'), ['--label'])
    assert.deepEqual(await offered('completion', 'f'), ['fish'])
  })

  it('offers files for an invite behind @, whether or not bash breaks the word there', async () => {
    assert.deepEqual(await offered('join', '@inv'), ['@invite.txt'])
    assert.deepEqual(await offered('join', '@', 'my'), ['@my\\ invite.txt'])
  })
})

describe('completion in other shells', () => {
  it('is a script that bash, and zsh and fish where they are installed, can read', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'starling-completion-'))
    t.after(() => rm(folder, { recursive: true }))
    const read: string[] = []
    for (const shell of ['bash', 'zsh', 'fish']) {
      const path = join(folder, shell)
      await writeFile(path, await scriptFor(shell))
      await runFile(shell, ['-n', path]).then(
        () => read.push(shell),
        (error: NodeJS.ErrnoException) => assert.equal(error.code, 'ENOENT', String(error))
      )
    }
    assert.ok(read.includes('bash'))
  })

  it('names every verb', async () => {
    const { commands } = await createProgram()
    for (const script of [await scriptFor('zsh'), await scriptFor('fish')])
      for (const command of commands) assert.match(script, new RegExp(`\\b${command.name()}\\b`))
  })
})
