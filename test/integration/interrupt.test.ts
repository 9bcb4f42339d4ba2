import assert from 'node:assert/strict'
import { readdir } from 'node:fs/promises'
import { describe, it } from 'node:test'
import { createInvitedRun } from './invited-run.ts'
import { playedRounds } from './played-rounds.ts'
import { type Starling, start, startIn } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

/** Longer than any test: these runs end because somebody ends them. */
const ENDLESS = ['--rounds', '1000000']

const SMALL_DEMO = ['demo', '--json', '--peers', '2', '--data', 'wdbc', '--model', 'linear', '--local-steps', '1']

/** Exit code of a program that Ctrl-C ended (128 + SIGINT). */
const INTERRUPTED = 130

async function endsInGoodOrder(starling: Starling, signal: NodeJS.Signals): Promise<void> {
  starling.kill(signal)
  const { code, stderr } = await starling.finished
  assert.equal(code, INTERRUPTED, stderr)
  assert.doesNotMatch(stderr, /^\s+at /m)
  assert.deepEqual(await starling.alive(), [])
}

async function allPeersRun(demo: Starling): Promise<void> {
  await waitFor('the demo, its pinner and two trainers', async () => (await demo.alive()).length === 4)
}

describe('Ctrl-C', () => {
  it('ends a demo with all its peers, and leaves no file', async (t) => {
    const folder = await temporaryFolder(t)
    const demo = startIn({ TMPDIR: folder }, t, ...SMALL_DEMO, ...ENDLESS)
    await allPeersRun(demo)
    await endsInGoodOrder(demo, 'SIGINT')
    assert.equal(demo.stdout, '')
    assert.deepEqual(await readdir(folder), [])
  })

  it('leaves no peer of a demo that is killed without a chance to say goodbye', async (t) => {
    const demo = startIn({ TMPDIR: await temporaryFolder(t) }, t, ...SMALL_DEMO, ...ENDLESS)
    await allPeersRun(demo)
    demo.kill('SIGKILL')
    await demo.finished
    await waitFor('its peers to end by themselves', async () => (await demo.alive()).length === 0)
  })

  it('ends a join with the copy saved, and join with the home alone goes on from it', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder, ...ENDLESS)
    // In the home that made the run, so that nobody else is needed.
    const words = ['join', invite, '--home', home, '--data', data, '--wait-for-links', '0']
    const first = start(t, ...words)
    await first.says('round 1 of')
    await waitFor('some rounds', async () => (await playedRounds(home)) > 20)
    await endsInGoodOrder(first, 'SIGINT')
    const [, stoppedIn] = /stopped in round (\d+); the copy is saved/.exec(first.stderr) ?? []
    assert.ok(Number(stoppedIn) > 20, first.stderr)

    const second = start(t, 'join', '--home', home)
    await second.says('resumed from the own copy of round')
    const [, resumedFrom] = /resumed from the own copy of round (\d+)/.exec(second.stderr)!
    assert.ok(Math.abs(Number(resumedFrom) - Number(stoppedIn)) <= 1, `${stoppedIn}, then ${resumedFrom}`)
    await second.says(`round ${Number(resumedFrom) + 1} of`)
    await endsInGoodOrder(second, 'SIGTERM')
  })

  it('ends a join that waits for company, and a pinner', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder, ...ENDLESS)
    const pinner = start(t, 'start', invite, '--home', home)
    await pinner.says('following run')
    const join = start(t, 'join', invite, '--home', `${home}-2`, '--data', data, '--wait-for-links', '1')
    await join.says('rows to train on')
    await endsInGoodOrder(join, 'SIGINT')
    await endsInGoodOrder(pinner, 'SIGINT')
  })
})
