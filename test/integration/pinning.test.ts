import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { PeerStatus, PinEntry } from '../../node/control/index.ts'
import { createInvitedRun } from './invited-run.ts'
import { run, runJson, start } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const LOOPBACK = ['--listen', '/ip4/127.0.0.1/tcp/0']

describe('a pinner', () => {
  it('pins for a peer that names it as a service, shows what and for whom, and lets it go', async (t) => {
    const folder = await temporaryFolder(t)
    const { home } = await createInvitedRun(t, folder)
    const keeperHome = join(folder, 'keeper')
    const keeper = start(
      t,
      'start',
      '--home',
      keeperHome,
      ...LOOPBACK,
      '--pinning-api',
      '127.0.0.1:0',
      '--quota',
      '50MB'
    )
    await keeper.says('pinning API at')
    const endpoint = /pinning API at (http:\/\/[\d.:]+)/.exec(keeper.stderr)![1]!
    const { token } = (await runJson(t, 'tokens', 'add', 'ada', '--home', keeperHome)) as { token: string }
    await writeFile(join(folder, 'backup.token'), `${token}\n`)
    const settings = join(folder, 'settings.json')
    await writeFile(settings, JSON.stringify({ services: { backup: { endpoint, tokenFile: 'backup.token' } } }))
    const at = ['--service', 'backup', '--home', home, '--config', settings]

    const [own] = (await runJson(t, 'pins', '--home', home)) as PinEntry[]
    assert.ok(own?.state === 'pinned' && own.bytes! > 0)
    const [pinned] = (await runJson(t, 'pin', own.root, ...at, '--name', 'the run')) as {
      status: string
      name: string
    }[]
    assert.deepEqual([pinned?.status, pinned?.name], ['pinned', 'the run'])
    assert.equal(((await runJson(t, 'pin', ...at, '--status')) as unknown[]).length, 1)
    const [kept] = (await runJson(t, 'pins', '--home', keeperHome)) as PinEntry[]
    assert.deepEqual([kept?.root, kept?.state, kept?.by, kept?.bytes], [own.root, 'pinned', 'service', own.bytes])
    const refused = await run(t, 'unpin', own.root, '--home', keeperHome)
    assert.match(refused.stderr, /is still kept for a client of the pinning API/)

    await runJson(t, 'unpin', own.root, ...at)
    assert.deepEqual(await runJson(t, 'pin', ...at, '--status'), [])
    assert.deepEqual(await runJson(t, 'pins', '--home', keeperHome), [])
    const status = (await runJson(t, 'status', '--home', keeperHome)) as PeerStatus
    assert.deepEqual([status.pinning.quotaBytes, status.pinning.api], [50e6, endpoint])
    await runJson(t, 'tokens', 'remove', 'ada', '--home', keeperHome)
    assert.match((await run(t, 'pin', ...at, '--status')).stderr, /refuses with 401 .*check the token/)
    keeper.kill('SIGINT')
    assert.equal((await keeper.finished).code, 130)
  })

  it('follows several runs that its home knows, by their ids, each with the policy', async (t) => {
    const folder = await temporaryFolder(t)
    const { home } = await createInvitedRun(t, folder, '--name', 'one')
    await createInvitedRun(t, folder, '--name', 'two')
    const runs = ((await runJson(t, 'pins', '--home', home)) as PinEntry[]).map(({ root }) => root)
    assert.equal(runs.length, 2)
    const pinner = start(t, 'start', '--home', home, '--runs', ...runs, '--policy', 'every:5')
    const statusOf = async () => (await runJson(t, 'status', '--home', home)) as PeerStatus
    await waitFor('both runs', () => pinner.stderr.match(/following run/g)?.length === 2)
    const seen = (await statusOf()).runs.map(({ name, policy, state }) => [name, policy, state])
    assert.deepEqual(seen.sort(), [
      ['one', 'every:5', 'following'],
      ['two', 'every:5', 'following']
    ])
    pinner.kill('SIGINT')
    assert.equal((await pinner.finished).code, 130)
  })
})
