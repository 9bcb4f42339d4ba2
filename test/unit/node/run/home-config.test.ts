import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { forgetRun, readHomeConfig, rememberRun, writeHomeConfig } from '../../../../node/run/home-config.ts'
import { type Home, openHome } from '../../../../storage/index.ts'

const LISTEN = '/ip4/127.0.0.1/tcp/4801'

async function homeWith(t: TestContext, file?: string): Promise<Home> {
  const home = await openHome(await mkdtemp(join(tmpdir(), 'starling-home-')), { create: true })
  t.after(async () => {
    await home.close()
    await rm(home.dir, { recursive: true })
  })
  if (file !== undefined) await writeFile(home.path('config.json'), file)
  return home
}

describe('what a home remembers', () => {
  const files: readonly [what: string, file: string][] = [
    ['written by hand', '{ "lingerSeconds": 3,\r\n\n\t"data":    "x.csv" }'],
    ['with lines', '{\n    "waitSeconds": 5,\n    "logLevel": "warn"\n}\n'],
    ['that is empty', '{}']
  ]
  for (const [what, file] of files) {
    it(`stands in a file ${what} beside the settings, which keep every character`, async (t) => {
      const home = await homeWith(t, file)
      await writeHomeConfig(home, { listen: LISTEN })
      await rememberRun(home, 'bafy', 'ours')
      const text = await readFile(home.path('config.json'), 'utf8')
      const settings = file.trimEnd().slice(0, -1).trimEnd()
      assert.ok(text.startsWith(settings), text)
      assert.deepEqual(JSON.parse(text), {
        ...JSON.parse(file),
        remembered: { listen: LISTEN, network: 'ours', networks: { bafy: 'ours' } }
      })
      assert.deepEqual(await readHomeConfig(home), { listen: LISTEN, network: 'ours', networks: { bafy: 'ours' } })
    })
  }

  it('of a run goes when the run is forgotten, and nothing else does', async (t) => {
    const home = await homeWith(t)
    await rememberRun(home, 'bafy', 'ours')
    await rememberRun(home, 'other', 'theirs')
    await forgetRun(home, 'bafy')
    await forgetRun(home, 'unknown')
    assert.deepEqual(await readHomeConfig(home), { network: 'theirs', networks: { other: 'theirs' } })
  })

  it('is empty at first, and not written again where nothing changes', async (t) => {
    const home = await homeWith(t)
    assert.deepEqual(await readHomeConfig(home), {})
    await writeHomeConfig(home, { listen: LISTEN })
    const { ino } = await stat(home.path('config.json'))
    await writeHomeConfig(home, { listen: LISTEN })
    assert.equal((await stat(home.path('config.json'))).ino, ino)
  })
})
