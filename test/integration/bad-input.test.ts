import assert from 'node:assert/strict'
import { once } from 'node:events'
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { z } from 'zod'
import { type Finished, run, runJson, type Starling, start } from './starling.ts'
import { LABEL, writeBlobs } from './tables.ts'
import { type Owner, temporaryFolder } from './temporary-folder.ts'

/** All of stderr is one line that says what is wrong. Lines of the program's log are JSON and do not count. */
function assertOneSentence({ code, stdout, stderr }: Finished, exitCode: number, message: RegExp): void {
  const lines = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('{'))
  assert.equal(lines.length, 1, stderr)
  assert.match(lines[0]!, /^starling: /)
  assert.match(lines[0]!, message)
  assert.doesNotMatch(stderr, /^\s+at /m)
  assert.equal(stdout, '')
  assert.equal(code, exitCode)
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false
  )
}

describe('bad input', { concurrency: 2 }, () => {
  let folder: string
  let pinner: Starling
  let invite: string
  const files = new Map<string, string>()
  const cleanUps = new AsyncDisposableStack()
  const suite: Owner = { after: (cleanUp) => cleanUps.defer(cleanUp) }

  before(async () => {
    folder = await temporaryFolder(suite)
    const write = async (name: string, content: string) => {
      const path = join(folder, name)
      await writeFile(path, content)
      files.set(name, path)
    }
    files.set('good', await writeBlobs(join(folder, 'good.csv'), 60, 1))
    files.set('missing', join(folder, 'missing.csv'))
    await write('empty', '')
    await write('header', `x,y,${LABEL}\n`)
    await write('one-class', `x,y,${LABEL}\n1,2,wren\n2,3,wren\n3,4,wren\n`)
    await write('text', `x,y,${LABEL}\n1,2,wren\n2,tall,finch\n3,4,starling\n`)
    await write('one-row', `x,y,${LABEL}\n1,2,wren\n`)
    await write('few-rows', `x,y,${LABEL}\n0,2,finch\n2,-1,starling\n-2,-1,wren\n0,2.2,finch\n2.1,-1,starling\n`)
    const home = join(folder, 'pinner')
    const created = await runJson(suite, ...createArgs(home), '--data', files.get('good')!)
    invite = z.object({ invite: z.string() }).parse(created).invite
    pinner = start(suite, 'start', invite, '--home', home)
    await pinner.says('following run')
  })

  after(() => cleanUps.disposeAsync())

  function createArgs(home: string): string[] {
    const model = ['--model', 'linear', '--rounds', '4', '--local-steps', '2', '--checkpoint-every', '2']
    return ['create', '--yes', '--home', home, '--label', LABEL, '--listen', '/ip4/127.0.0.1/tcp/0', ...model]
  }

  const fileCases: readonly [file: string, message: RegExp][] = [
    ['missing', /there is no file .*missing\.csv/],
    ['empty', /empty holds nothing/],
    ['header', /header holds a header only/]
  ]

  for (const [file, message] of fileCases) {
    it(`refuses a ${file} file in demo, create and join, and makes no home`, async (t) => {
      const data = files.get(file)!
      const commands = {
        demo: ['demo', '--json', '--data', data, '--label', LABEL],
        create: ['create', '--yes', '--data', data, '--label', LABEL],
        join: ['join', invite, '--data', data]
      }
      for (const [name, args] of Object.entries(commands)) {
        const home = join(folder, `${file}-${name}`)
        assertOneSentence(await run(t, ...args, '--home', home), 1, message)
        assert.equal(await exists(home), false, `${name} left ${home}`)
      }
    })
  }

  const demoCases: readonly [what: string, exitCode: number, message: RegExp, args: () => string[]][] = [
    [
      'a label column that does not exist',
      1,
      /no column "specie": did you mean "species"\?/,
      () => ['--data', files.get('good')!, '--label', 'specie']
    ],
    [
      'one class only',
      1,
      /takes only the value "wren": two classes or more/,
      () => ['--data', files.get('one-class')!, '--label', LABEL]
    ],
    ['several files without a label', 2, /needs --label COLUMN/, () => ['--data', files.get('good')!]],
    [
      'a file with fewer than two training rows',
      1,
      /one-row leaves 1 rows to train on, at least 2/,
      () => ['--data', files.get('good')!, files.get('one-row')!, '--test', files.get('good')!, '--label', LABEL]
    ],
    [
      'text where the test rows need a number',
      1,
      /text, line 3, column "y": "tall" is not a number/,
      () => ['--data', files.get('good')!, files.get('good')!, '--test', files.get('text')!, '--label', LABEL]
    ],
    ['a model that nobody knows', 2, /model "tree": this is no model we know/, () => ['--model', 'tree']],
    [
      'more peers to kill than live',
      2,
      /--kill 3 of 3 peers leaves nobody: kill at most 2/,
      () => ['--peers', '3', '--kill', '3']
    ],
    [
      'more peers than rows',
      1,
      /5 rows cannot be shared among 5 peers/,
      () => ['--data', files.get('few-rows')!, '--test', files.get('good')!, '--label', LABEL]
    ]
  ]

  for (const [what, exitCode, message, args] of demoCases) {
    it(`refuses ${what} in demo, and writes nothing`, async (t) => {
      const home = join(folder, what.replaceAll(' ', '-'))
      assertOneSentence(await run(t, 'demo', '--json', ...args(), '--home', home), exitCode, message)
      assert.equal(await exists(home), false)
    })
  }

  const rowCases: readonly [what: string, file: string, message: RegExp][] = [
    ['text where the schema says number', 'text', /text, line 3, column "y": "tall" is not a number/],
    ['fewer than two training rows', 'one-row', /one-row leaves 1 rows to train on, at least 2/]
  ]

  for (const [what, file, message] of rowCases) {
    it(`refuses ${what} in join, and the home serves for the corrected file`, async (t) => {
      const home = join(folder, `join-${file}`)
      const words = ['join', invite, '--home', home, '--wait-for-links', '0', '--linger-seconds', '0']
      assertOneSentence(await run(t, ...words, '--data', files.get(file)!), 1, message)
      assert.equal(await exists(join(home, 'events.jsonl')), false, 'a round was played')
      const { code, stderr } = await run(t, ...words, '--data', files.get('good')!)
      assert.equal(code, 0, stderr)
    })
  }

  it('cuts a batch larger than the rows to them, says so, and trains', async (t) => {
    const home = join(folder, 'few')
    const words = ['--data', files.get('few-rows')!, '--wait-for-links', '0', '--linger-seconds', '0']
    const { code, stdout, stderr } = await run(t, 'join', invite, '--home', home, ...words, '--json')
    assert.equal(code, 0, stderr)
    assert.match(stderr, /batch cut from 32 to the 5 rows there are/)
    assert.equal(z.object({ rounds: z.int() }).parse(JSON.parse(stdout)).rounds, 4)
  })

  it('refuses a port in use, and does not remember it', async (t) => {
    const server = createServer().listen(0, '127.0.0.1')
    t.after(() => server.close())
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const home = join(folder, 'port-in-use')
    const listen = `/ip4/127.0.0.1/tcp/${port}`
    const finished = await run(t, 'join', invite, '--home', home, '--data', files.get('good')!, '--listen', listen)
    assertOneSentence(finished, 1, new RegExp(`cannot listen on ${listen}: the port is in use`))
    assert.equal(await exists(join(home, 'config.json')), false)
  })

  it('refuses a run that the peer in the home is in already, and leaves it as it is', async (t) => {
    const home = join(folder, 'pinner')
    const lock = await readFile(join(home, 'home.lock'), 'utf8')
    const finished = await run(t, 'join', invite, '--home', home, '--data', files.get('good')!)
    assertOneSentence(finished, 1, /the peer that runs in .*pinner is in run .* already: see `starling status`/)
    assert.equal(await readFile(join(home, 'home.lock'), 'utf8'), lock)
  })

  const inviteCases: readonly [what: string, invite: () => string, message: RegExp][] = [
    ['an invite that was cut short', () => invite.slice(0, -20), /the end of the invite is missing/],
    ['a word that is no invite', () => 'hello', /this text is no invite/],
    ['a mistyped invite', () => invite.replace(/.{3}$/, 'aaa'), /wrong character in it/],
    [
      'an invite of another version',
      () => invite.replace('starling1', 'starling2'),
      /of version 2, this Starling reads 1: update it/
    ],
    ['a file that is empty', () => `@${files.get('empty')}`, /empty is empty: it must hold the invite/],
    ['a file of an invite that is not there', () => `@${join(folder, 'none.txt')}`, /cannot read an invite from/]
  ]

  for (const [what, text, message] of inviteCases) {
    it(`refuses ${what}, and makes no home`, async (t) => {
      const home = join(folder, what.replaceAll(' ', '-'))
      const finished = await run(t, 'join', text(), '--home', home, '--data', files.get('good')!)
      assertOneSentence(finished, 2, message)
      assert.equal(await exists(home), false)
    })
  }

  it('refuses an option and a command that do not exist, with a hint at the help', async (t) => {
    for (const args of [['demo', '--peer-count', '3'], ['trian']]) {
      const { code, stdout, stderr } = await run(t, ...args)
      assert.equal(code, 2)
      assert.match(stderr, /^error: unknown (option|command) .*\n\(see --help\)\n$/)
      assert.equal(stdout, '')
    }
  })

  it('refuses a checkpoint that is not in the home, a home that is none, and a run without checkpoints', async (t) => {
    const unknown = 'bafyreidcenqnnsqjpmznlms3em2ypbo2lsjsjk6tzwdjtm7xs2wzbzzdja'
    const home = join(folder, 'empty-home')
    await mkdir(home)
    const evaluate = (what: string) => run(t, 'evaluate', what, '--home', home, '--data', files.get('good')!)
    assertOneSentence(await evaluate(unknown), 1, /there is no home at/)
    assertOneSentence(await evaluate('checkpoint-7'), 2, /neither an invite nor the CID of a checkpoint/)
    assert.deepEqual(await readdir(home), [])
  })

  it('shows the stack only when asked with --debug', async (t) => {
    const { code, stderr } = await run(t, '--debug', 'evaluate', 'checkpoint-7', '--data', files.get('good')!)
    assert.equal(code, 2)
    assert.match(stderr, /^starling: UsageError: .*\n {4}at /)
  })
})
