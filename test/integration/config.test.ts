import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { run, runJson, startIn } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Document {
  readonly file: string | null
  readonly settings: Record<string, { value: unknown; source: Record<string, string> }>
}

describe('config', () => {
  it('prints what holds and where it comes from, and init leaves the file of the owner as it is', async (t) => {
    const home = join(await temporaryFolder(t), 'home')
    await runJson(t, 'init', '--home', home, '--listen', '/ip4/127.0.0.1/tcp/4801')
    const path = join(home, 'config.json')
    const own = '{ "lingerSeconds": 60,   "listen": "/ip4/127.0.0.1/tcp/0" }\n'
    await writeFile(path, own.replace(' }', `, "remembered": { "listen": "/ip4/127.0.0.1/tcp/4801" } }`))
    const before = await readFile(path, 'utf8')
    const { listen } = (await runJson(t, 'init', '--home', home)) as { listen: string }
    assert.equal(listen, '/ip4/127.0.0.1/tcp/4801')
    assert.equal(await readFile(path, 'utf8'), before)

    const environment = { STARLING_HOME: home, STARLING_LOG_LEVEL: 'warn', STARLING_LISTEM: 'x' }
    const printed = await startIn(environment, t, 'config', '--json').finished
    assert.match(printed.stderr, /^STARLING_LISTEM is no setting: did you mean STARLING_LISTEN\?$/m)
    const { file, settings } = JSON.parse(printed.stdout) as Document
    assert.equal(file, path)
    assert.deepEqual(settings.home, { value: home, source: { type: 'environment', variable: 'STARLING_HOME' } })
    assert.deepEqual(settings.logLevel?.source, { type: 'environment', variable: 'STARLING_LOG_LEVEL' })
    assert.deepEqual(settings.lingerSeconds, { value: 60, source: { type: 'file', path } })
    assert.deepEqual(settings.listen, { value: listen, source: { type: 'remembered', path } })
    assert.deepEqual(settings.waitSeconds, { value: 60, source: { type: 'default' } })

    await writeFile(path, '{"lingerSecond": 60}')
    const { code, stdout, stderr } = await run(t, 'join', 'starling1b', '--home', home, '--data', 'x.csv')
    assert.deepEqual([code, stdout], [2, ''])
    assert.equal(stderr, `starling: ${path} has an unknown key "lingerSecond": did you mean "lingerSeconds"?\n`)
  })
})
