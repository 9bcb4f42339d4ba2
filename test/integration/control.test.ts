import assert from 'node:assert/strict'
import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { peerStatus } from '../../node/control/index.ts'
import { createInvitedRun } from './invited-run.ts'
import { playedRounds } from './played-rounds.ts'
import { run, runJson, type Starling, start } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

/** More than any of these tests plays. */
const ENDLESS = ['--rounds', '1000000']

/** Longer than a unix socket's path may be. */
const DEEP = 'd'.repeat(120)

interface Company {
  readonly keeper: string
  readonly home: string
  readonly join: () => Promise<Starling>
}

/** A pinner and one trainer in a home as deep as asked for. */
async function startCompany(t: TestContext, depth = ''): Promise<Company> {
  const folder = join(await temporaryFolder(t), depth)
  await mkdir(folder, { recursive: true })
  const { invite, home: keeper, data } = await createInvitedRun(t, folder, ...ENDLESS)
  await start(t, 'start', invite, '--home', keeper).says('following run')
  const home = join(folder, 'trainer')
  const words = ['--home', home, '--data', data, '--listen', '/ip4/127.0.0.1/tcp/0', '--wait-for-links', '0']
  const joinRun = async () => {
    const trainer = start(t, 'join', invite, ...words)
    await waitFor('its control socket', () => isServing(home))
    return trainer
  }
  return { keeper, home, join: joinRun }
}

async function isServing(home: string): Promise<boolean> {
  return (await stat(join(home, 'control.sock')).catch(() => undefined)) !== undefined
}

async function statusOf(t: TestContext, home: string) {
  return peerStatus.parse(await runJson(t, 'status', '--home', home))
}

/** The status of a peer in one run, the run's own beside the peer's. */
async function onlyRun(t: TestContext, home: string) {
  const { runs, ...peer } = await statusOf(t, home)
  assert.equal(runs.length, 1)
  return { ...peer, ...runs[0]! }
}

describe('a running peer', () => {
  it('tells its owner what it does, pauses, goes on, leaves, and comes back', async (t) => {
    const { keeper, home, join: joinRun } = await startCompany(t)
    const first = await joinRun()
    await waitFor('some rounds', async () => (await playedRounds(home)) > 20)

    const training = await onlyRun(t, home)
    assert.equal(training.state, 'training')
    assert.ok(training.training!.round > 0 && training.training!.samples > 0 && training.rssBytes > 0)
    const pinner = await onlyRun(t, keeper)
    assert.deepEqual([pinner.role, pinner.training, pinner.id], ['pinner', undefined, training.id])

    assert.deepEqual(await runJson(t, 'pause', '--home', home), { state: 'paused' })
    assert.equal((await onlyRun(t, home)).state, 'paused')
    const atPause = await playedRounds(home)
    await runJson(t, 'resume', '--home', home)
    await waitFor('more rounds', async () => (await playedRounds(home)) > atPause + 20)

    assert.deepEqual(await runJson(t, 'leave', '--home', home), { state: 'left' })
    const { code, stderr } = await first.finished
    assert.equal(code, 0, stderr)
    assert.equal(await isServing(home), false)
    const gone = await run(t, 'status', '--home', home)
    assert.equal(gone.code, 1)
    assert.match(gone.stderr, /^starling: no peer is running in .*trainer: start one with `starling join`/)

    await joinRun()
    await waitFor('the round after the saved copy', async () => {
      const { training } = await onlyRun(t, home)
      return (training?.round ?? 0) > atPause
    })
    await runJson(t, 'leave', '--home', home)
  })

  it('trains no round while it is paused', async (t) => {
    const { home, join: joinRun } = await startCompany(t)
    await joinRun()
    await waitFor('some rounds', async () => (await playedRounds(home)) > 20)
    await runJson(t, 'pause', '--home', home)
    const atPause = await playedRounds(home)
    await new Promise((resolve) => setTimeout(resolve, 500))
    // The round under way ends; a trainer of this size plays a hundred in that time.
    assert.ok((await playedRounds(home)) <= atPause + 1)
    await runJson(t, 'leave', '--home', home)
  })

  it('forgets a run that it is told to purge, but for the logs', async (t) => {
    const { home, join: joinRun } = await startCompany(t)
    await joinRun()
    await waitFor('a checkpoint', async () => (await playedRounds(home)) > 60)
    await runJson(t, 'leave', '--purge', '--home', home)
    assert.deepEqual(await runJson(t, 'pins', '--home', home), [])
    assert.ok((await playedRounds(home)) > 60)
  })

  it('is reached in a home deeper than the path of a socket may be', async (t) => {
    const { home, keeper } = await startCompany(t, DEEP)
    assert.deepEqual((await statusOf(t, keeper)).roles, ['pinner'])
    assert.ok(home.includes(DEEP))
    await runJson(t, 'leave', '--home', keeper)
  })

  it('keeps and drops what its owner says, running or not', async (t) => {
    const { keeper, home, join: joinRun } = await startCompany(t)
    await joinRun()
    await waitFor('a checkpoint with the pinner', async () => {
      return ((await runJson(t, 'checkpoints', '--home', keeper)) as unknown[]).length > 0
    })
    await runJson(t, 'leave', '--home', home)
    const [newest] = (await runJson(t, 'checkpoints', '--home', keeper)) as { root: string }[]
    const [pinned] = (await runJson(t, 'pin', newest!.root, '--home', keeper)) as { by: string }[]
    assert.equal(pinned!.by, 'user')
    await runJson(t, 'leave', '--home', keeper)
    const offline = (await runJson(t, 'pins', '--home', keeper)) as { root: string; by: string }[]
    assert.equal(offline.find(({ root }) => root === newest!.root)?.by, 'user')
    await runJson(t, 'unpin', newest!.root, '--home', keeper)
    const twice = await run(t, 'unpin', newest!.root, '--home', keeper)
    assert.equal(twice.code, 1)
    assert.match(twice.stderr, /is not kept in/)
    const wrong = await run(t, 'pin', 'nonsense', '--home', keeper)
    assert.equal(wrong.code, 2)
    assert.match(wrong.stderr, /^starling: nonsense is not a CID/)
  })

  it('takes another run in, which Ctrl-C leaves alone, and is succeeded by the next peer when it is killed', async (t) => {
    const { home, join: joinRun } = await startCompany(t)
    const first = await joinRun()
    const other = await createInvitedRun(t, await temporaryFolder(t), ...ENDLESS, '--name', 'other')
    await start(t, 'start', other.invite, '--home', other.home).says('following run')
    const second = start(t, 'join', other.invite, '--home', home, '--data', other.data, '--wait-for-links', '0')
    await second.says('joined run')
    await second.says('round 1 of')
    assert.equal((await statusOf(t, home)).runs.length, 2)
    second.kill('SIGINT')
    const { code, stderr } = await second.finished
    assert.equal(code, 130, stderr)
    assert.match(stderr, /leaving this run; the peer goes on with its other runs[\s\S]*left the run in round/)
    assert.equal((await onlyRun(t, home)).name, 'run')

    first.kill('SIGKILL')
    await first.finished
    assert.ok(await isServing(home), 'nothing is left of its socket')
    assert.equal((await run(t, 'status', '--home', home)).code, 1)
    const third = await joinRun()
    await third.says('resumed from the own copy')
    const watch = start(t, 'status', '--watch', '--home', home)
    await waitFor('the view', () => /^\d\d:\d\d:\d\d run: training, round \d+ of 1000000/m.test(watch.stdout))
    await runJson(t, 'leave', '--home', home)
    const watched = await watch.finished
    assert.equal(watched.code, 0)
    assert.match(watched.stderr, /^the peer in .*trainer has ended/)
    const { stdout } = await run(t, 'logs', '--home', home, '--lines', '1000', '--json')
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { msg: string; runName?: string })
    assert.ok(lines.some(({ msg, runName }) => runName === 'other' && msg.startsWith('left the run')))
    assert.match(lines.at(-1)!.msg, /^left the run in round/)
  })

  it('that has no data says so when it is told to pause', async (t) => {
    const { keeper } = await startCompany(t)
    const { code, stderr } = await run(t, 'pause', '--home', keeper)
    assert.deepEqual(
      [code, stderr],
      [1, 'starling: this peer has no data and does not train: there is nothing to pause\n']
    )
    await runJson(t, 'leave', '--home', keeper)
  })
})
