import assert from 'node:assert/strict'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { fingerprintOf } from '../../../../node/data/index.ts'
import { forgetJoin, joinedRuns, parseJoinedRun, rememberJoin } from '../../../../node/run/joined-runs.ts'
import { temporaryFolder, temporaryHome } from '../../storage/temporary-home.ts'

async function homeWithRows(t: Parameters<typeof temporaryHome>[0]) {
  const home = await temporaryHome(t)
  const data = home.path('rows.csv')
  await writeFile(data, 'x,y\n1,2\n')
  const request = {
    role: 'trainer',
    invite: 'starling1b',
    data,
    seed: 4,
    waitForLinks: 2,
    waitSeconds: 9,
    lingerSeconds: 3,
    force: true
  } as const
  return { home, data, joined: { run: 'bafyone', name: 'ward', joinedAt: 1, request, maxUpload: 5000 } }
}

describe('what a home has joined', () => {
  it('is read back with all options but force, the last one first, until it is forgotten', async (t) => {
    const { home, joined } = await homeWithRows(t)
    await rememberJoin(home, joined)
    await rememberJoin(home, { ...joined, run: 'bafytwo', joinedAt: 2 })
    const [last, first] = await joinedRuns(home.dir)
    assert.deepEqual([last!.run, first!.run], ['bafytwo', 'bafyone'])
    const { force: _, ...request } = joined.request
    assert.deepEqual(first!.request, request)
    assert.equal(first!.maxUpload, 5000)
    assert.equal((await stat(home.path('joined', 'bafyone.json'))).mode & 0o077, 0, 'others may not read the invite')
    await forgetJoin(home, 'bafytwo')
    assert.deepEqual(
      (await joinedRuns(home.dir)).map(({ run }) => run),
      ['bafyone']
    )
  })

  it('is nothing in a home that has joined nothing, or whose file is damaged', async (t) => {
    const { home, joined } = await homeWithRows(t)
    assert.deepEqual(await joinedRuns(home.dir), [])
    await rememberJoin(home, joined)
    for (const text of ['', '{', '{}', '[]', '{"v":2}']) {
      assert.equal(parseJoinedRun(text), undefined, text)
      await writeFile(home.path('joined', 'bafyone.json'), text)
      assert.deepEqual(await joinedRuns(home.dir), [])
    }
  })
})

describe('a fingerprint of rows', () => {
  it('changes with every byte of a file, and with every name and byte of a folder', async (t) => {
    const folder = await temporaryFolder(t)
    const seen = new Set<string>()
    const look = async (path: string) => {
      const fingerprint = (await fingerprintOf(path))!
      assert.equal(await fingerprintOf(path), fingerprint)
      assert.ok(!seen.has(fingerprint), path)
      seen.add(fingerprint)
    }
    await writeFile(`${folder}/rows.csv`, 'a,b\n')
    await look(`${folder}/rows.csv`)
    await writeFile(`${folder}/rows.csv`, 'a,c\n')
    await look(`${folder}/rows.csv`)
    await mkdir(`${folder}/images/wren`, { recursive: true })
    await writeFile(`${folder}/images/wren/1.png`, 'one')
    await look(`${folder}/images`)
    await writeFile(`${folder}/images/wren/2.png`, '')
    await look(`${folder}/images`)
    await writeFile(`${folder}/images/wren/1.png`, 'two')
    await look(`${folder}/images`)
  })

  it('is none for what can be read only once', async () => {
    assert.equal(await fingerprintOf('/dev/null'), undefined)
  })
})
