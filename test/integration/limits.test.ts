import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { callControl } from '../../node/control/control-client.ts'
import type { PeerStatus, RunStatus } from '../../node/control/index.ts'
import { createInvitedRun } from './invited-run.ts'
import { playedRounds } from './played-rounds.ts'
import { start } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

const ENDLESS = ['--rounds', '1000000', '--checkpoint-every', '1000000']

/** Bytes a second; a peer without a limit sends several times as much in these runs. */
const LIMIT = 20_000
const WINDOW_MS = 15_000

/** The one run of a peer, as `starling status` asks for it, without a process for each question. */
async function status(home: string): Promise<RunStatus & Pick<PeerStatus, 'sentBytes'>> {
  const { runs, sentBytes } = (await callControl(home, 'GET', '/status')) as PeerStatus
  return { ...runs[0]!, sentBytes }
}

/** Undefined while the peer does not answer yet. */
async function linksOf(home: string): Promise<number | undefined> {
  return (await status(home).catch(() => undefined))?.links.length
}

/** What only a peer at fault is refused for. */
function faultsIn({ refused }: RunStatus): string[] {
  return Object.keys(refused).filter((reason) => !['replayed', 'rate', 'gap'].includes(reason))
}

describe('a peer with limits', () => {
  it('sends no more than it may, keeps its links, and neighbours go on at their own pace', async (t) => {
    const folder = await temporaryFolder(t)
    const plan = ['--model', 'mlp:64,32', '--codec', 'f32']
    const { invite, home, data } = await createInvitedRun(t, folder, ...ENDLESS, ...plan)
    const words = (name: string) => ['join', invite, '--home', name, '--data', data, '--wait-for-links', '1']
    // The others know its address alone: it must be there when they ask.
    await start(t, ...words(home), '--max-upload', '20kB/s').says('rows to train on')
    const others = [`${home}-2`, `${home}-3`]
    for (const other of others) start(t, ...words(other))
    await waitFor('links', async () => (await linksOf(home)) === 2)
    await waitFor('rounds', async () => (await playedRounds(home)) > 5)

    const before = { ...(await status(home)), at: performance.now(), rounds: await playedRounds(home) }
    const theirs = await playedRounds(others[0]!)
    await waitFor('the window to pass', () => performance.now() - before.at > WINDOW_MS)
    const after = await status(home)
    const seconds = (performance.now() - before.at) / 1000
    const rate = (after.sentBytes - before.sentBytes) / seconds
    assert.ok(rate < 1.1 * LIMIT, `${rate} bytes a second`)
    const own = (await playedRounds(home)) - before.rounds
    const faster = (await playedRounds(others[0]!)) - theirs
    assert.ok(own > 0 && faster > 1.5 * own, `${own} rounds here, ${faster} there`)
    assert.ok(
      after.links.every(({ ageMs }) => ageMs > WINDOW_MS),
      'the links are the same'
    )
    assert.deepEqual(
      Object.keys(after.refused).filter((reason) => !['replayed', 'rate', 'gap'].includes(reason)),
      []
    )
  })

  it('is paused outside its hours, without links, and says until when', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder, ...ENDLESS)
    const now = new Date()
    const from = new Date(now.getTime() + 7_200_000)
    const to = new Date(now.getTime() + 10_800_000)
    const clock = (time: Date) =>
      `${String(time.getHours()).padStart(2, '0')}:${String(time.getMinutes()).padStart(2, '0')}`
    const words = ['join', invite, '--home', home, '--data', data, '--wait-for-links', '0']
    const peer = start(t, ...words, '--hours', `${clock(from)}-${clock(to)}`)
    await peer.says(`paused until ${clock(from)}`)
    await waitFor('an answer', async () => (await linksOf(home)) !== undefined)
    const { state, training, links } = await status(home)
    assert.equal(state, 'paused')
    assert.equal(training?.paused, `until ${clock(from)}`)
    assert.equal(training?.round, 0)
    assert.deepEqual(links, [])
    peer.kill('SIGINT')
    assert.equal((await peer.finished).code, 130)
  })
})

describe('a peer that is stopped for a while', () => {
  it('holds nobody up, comes back, and is at no fault', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder, ...ENDLESS)
    const homes = [home, `${home}-2`, `${home}-3`]
    const join = (name: string) => start(t, 'join', invite, '--home', name, '--data', data, '--wait-for-links', '1')
    // The others know its address alone: it must be there when they ask.
    await join(home).says('rows to train on')
    join(homes[1]!)
    const stopped = join(homes[2]!)
    await waitFor('links', async () => (await linksOf(homes[2]!)) === 2)
    await waitFor('rounds', async () => (await playedRounds(homes[2]!)) > 5)

    stopped.kill('SIGSTOP')
    const stoppedAt = performance.now()
    const at = await playedRounds(home)
    await waitFor('its neighbours to part from it and to go on', async () => {
      return (await linksOf(home)) === 1 && (await linksOf(homes[1]!)) === 1 && (await playedRounds(home)) > at + 50
    })
    // Neighbours part after 15 s; the watch looks at 20 s and more.
    await waitFor('longer than the watch lets pass', () => performance.now() - stoppedAt > 24_000)
    stopped.kill('SIGCONT')
    await stopped.says('links are renewed: this peer stood still for')
    await waitFor('its links', async () => (await linksOf(homes[2]!)) === 2)
    const { training } = await status(homes[2]!)
    const theirs = (await status(home)).training!.round
    await waitFor(
      'its rounds',
      async () => (await status(homes[2]!)).training!.round > Math.max(theirs, training!.round)
    )
    for (const name of homes) assert.deepEqual(faultsIn(await status(name)), [])
  })
})
