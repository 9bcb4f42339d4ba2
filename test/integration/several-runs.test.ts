import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { buffer } from 'node:stream/consumers'
import { before, describe, it } from 'node:test'
import { callControl, followRun } from '../../node/control/control-client.ts'
import {
  type ControlServer,
  type PeerStatus,
  type RunEnd,
  type RunEvent,
  type RunRequest,
  startControl
} from '../../node/control/index.ts'
import type { Peer } from '../../node/peer.ts'
import { PeerRuns } from '../../node/run/peer-runs.ts'
import { encodeInvite } from '../../protocols/envelope/index.ts'
import { atEnd } from '../at-end.ts'
import { writeBlobs } from './tables.ts'
import { type Owner, suiteOwner, temporaryFolder } from './temporary-folder.ts'
import { NETWORK, startPeer, startTrainer, type TrainerPeer, writeRun } from './trainer-peer.ts'
import { waitFor } from './wait-for.ts'

/** A run that somebody else trains in, far away from here. */
interface ForeignRun {
  readonly trainer: TrainerPeer
  readonly invite: string
  readonly id: string
}

describe('several runs in one peer', () => {
  const suite = suiteOwner()
  let folder: string
  let first: ForeignRun
  let second: ForeignRun
  let data: string
  let homes = 0
  /** What happened in the runs of any peer here, for the message of a test that fails. */
  const heard: string[] = []

  before(async () => {
    folder = await temporaryFolder(suite)
    data = await writeBlobs(join(folder, 'own.csv'), 60, 5)
    first = await foreignRun('first')
    second = await foreignRun('second')
  })

  async function foreignRun(name: string): Promise<ForeignRun> {
    const { home, id } = await writeRun(join(folder, name), { name, localSteps: 50, checkpointEveryRounds: 20 })
    const trainer = await startTrainer({ home, run: id, seed: 1, links: 0 })
    atEnd(suite, () => trainer.stop())
    return { trainer, invite: encodeInvite({ ...trainer.invite, network: NETWORK }), id: id.toString() }
  }

  /** A peer of its own with its control socket, which ends with the test at the latest. */
  async function ownPeer(t: Owner): Promise<{ home: string; peer: Peer; runs: PeerRuns; control: ControlServer }> {
    homes += 1
    const home = join(folder, `own-${homes}`)
    const peer = await startPeer(home)
    const runs = new PeerRuns({ peer, onEvent: ({ id }, event) => heard.push(`${id} ${JSON.stringify(event)}`) })
    const control = await startControl(home, runs)
    t.after(async () => {
      await runs.stop()
      await control.close()
      await peer.stop()
    })
    return { home, peer, runs, control }
  }

  function training(
    { invite }: ForeignRun,
    changes: Partial<Extract<RunRequest, { role: 'trainer' }>> = {}
  ): RunRequest {
    return { role: 'trainer', invite, data, seed: 1, waitForLinks: 1, waitSeconds: 10, lingerSeconds: 0, ...changes }
  }

  async function statusOf(home: string): Promise<PeerStatus> {
    return (await callControl(home, 'GET', '/status')) as PeerStatus
  }

  async function runIn(home: string, id: string) {
    return (await statusOf(home)).runs.find((run) => run.id === id)
  }

  /** Joins through the control socket; `said` grows while the run goes on. */
  function follow(home: string, request: RunRequest): { said: RunEvent[]; ended: Promise<RunEnd> } {
    const said: RunEvent[] = []
    const ended = followRun(home, request, (event) => said.push(event))
    ended.catch(() => {})
    return { said, ended }
  }

  async function trains(home: string, id: string, rounds = 3): Promise<void> {
    const start = (await runIn(home, id))?.training?.round ?? 0
    const hasTrained = async () => ((await runIn(home, id))?.training?.round ?? 0) >= start + rounds
    await waitFor(`rounds of ${id}`, hasTrained).catch((error: Error) => {
      throw new Error(`${error.message}; ${heard.slice(-20).join('\n')}`)
    })
  }

  it('train side by side, each with its own neighbours, and end one by one', async (t) => {
    const { home, runs, peer } = await ownPeer(t)
    const one = follow(home, training(first))
    const two = follow(home, training(second))
    await trains(home, first.id)
    await trains(home, second.id)
    for (const { trainer } of [first, second]) await waitFor('its part in a mix', () => trainer.mixed.has(peer.id))
    const status = await statusOf(home)
    assert.deepEqual(status.runs.map(({ name, role, state, links }) => [name, role, state, links.length]).sort(), [
      ['first', 'trainer', 'training', 1],
      ['second', 'trainer', 'training', 1]
    ])
    await assert.rejects(callControl(home, 'POST', '/pause'), { code: 'ERR_AMBIGUOUS_RUN', message: /first .*second/ })
    await callControl(home, 'POST', '/pause?run=first')
    assert.equal((await runIn(home, first.id))?.state, 'paused')
    await trains(home, second.id)
    assert.deepEqual(await callControl(home, 'POST', `/leave?run=${second.id}`), { isLast: false })
    assert.deepEqual(await two.ended, { type: 'left' })
    assert.equal(runs.isStopping, false)
    // The one that is left needs no name.
    await callControl(home, 'POST', '/resume')
    await trains(home, first.id)
    assert.deepEqual(await callControl(home, 'POST', '/leave'), { isLast: true })
    assert.deepEqual(await one.ended, { type: 'left' })
    await runs.over
    assert.ok(one.said.some((event) => event.type === 'log' && /left the run in round \d+/.test(event.message)))
  })

  it('are not harmed by one that fails', async (t) => {
    const { home } = await ownPeer(t)
    const good = follow(home, training(first))
    await trains(home, first.id)
    const bad = join(folder, 'bad.csv')
    await writeFile(bad, 'x,y,species\n1,tall,finch\n2,3,wren\n')
    const end = await follow(home, training(second, { data: bad })).ended
    assert.equal(end.type, 'failed')
    assert.ok(end.type === 'failed' && /"tall" is not a number/.test(end.message), JSON.stringify(end))
    await trains(home, first.id)
    await callControl(home, 'POST', '/leave')
    assert.equal((await good.ended).type, 'left')
  })

  it('are refused twice, and taken again as soon as they are left', async (t) => {
    const { home } = await ownPeer(t)
    void follow(home, training(first))
    const [one, two] = [follow(home, training(second)), follow(home, training(second))]
    const outcomes = await Promise.race([Promise.allSettled([one.ended]), Promise.allSettled([two.ended])])
    assert.ok(outcomes[0]?.status === 'rejected' && outcomes[0].reason.code === 'ERR_ALREADY_IN_RUN')
    await trains(home, second.id)
    // At once, while it is still being left.
    const left = callControl(home, 'POST', '/leave?run=second')
    const again = follow(home, training(second))
    await left
    await trains(home, second.id)
    await callControl(home, 'POST', '/leave?run=second')
    await callControl(home, 'POST', '/leave')
    assert.deepEqual(await again.ended, { type: 'left' })
  })

  it('can be left, or paused, before they have begun', async (t) => {
    const { home, runs } = await ownPeer(t)
    void follow(home, training(first))
    const { said, ended } = follow(home, training(second))
    await waitFor('the run', () => said.some(({ type }) => type === 'joined'))
    await callControl(home, 'POST', `/leave?run=${second.id}`)
    assert.deepEqual(await ended, { type: 'left' })
    const early = follow(home, training(second))
    await waitFor('the run', () => early.said.some(({ type }) => type === 'joined'))
    await callControl(home, 'POST', `/pause?run=${second.id}`)
    await waitFor('the pause', async () => (await runIn(home, second.id))?.state === 'paused')
    assert.equal((await runIn(home, second.id))?.training?.round, 0)
    await callControl(home, 'POST', `/resume?run=${second.id}`)
    await trains(home, second.id)
    await runs.stop()
    assert.deepEqual(await early.ended, { type: 'stopped' })
  })

  it('end with their peer, which takes no other then, however often it is told to leave', async (t) => {
    const { home, runs } = await ownPeer(t)
    const { ended } = follow(home, training(first))
    await trains(home, first.id)
    await callControl(home, 'POST', '/pause')
    const leaves = await Promise.all([1, 2, 3].map(() => callControl(home, 'POST', '/leave')))
    assert.deepEqual(leaves, [{ isLast: true }, { isLast: true }, { isLast: true }])
    await assert.rejects(
      followRun(home, training(second), () => {}),
      { code: 'ERR_PEER_STOPPING' }
    )
    assert.deepEqual(await ended, { type: 'left' })
    await runs.over
    await assert.rejects(callControl(home, 'POST', '/leave'), { code: 'ERR_UNKNOWN_RUN' })
  })

  it('can be of both kinds, and a purge of one leaves the other whole', async (t) => {
    const { home, peer } = await ownPeer(t)
    const pinned = follow(home, { role: 'pinner', invite: first.invite })
    const trained = follow(home, training(second))
    await trains(home, second.id)
    await waitFor('a pinned checkpoint', () =>
      pinned.said.some((event) => event.type === 'log' && event.message.startsWith('pinned checkpoint'))
    )
    // Only one of them trains: there is no doubt which one is meant.
    await callControl(home, 'POST', '/pause')
    await callControl(home, 'POST', '/resume')
    await callControl(home, 'POST', '/leave?purge=true&run=second')
    assert.deepEqual(await trained.ended, { type: 'left' })
    // Once it has been left too, nothing takes the place of an older pin any more.
    await callControl(home, 'POST', '/leave')
    assert.deepEqual(await pinned.ended, { type: 'left' })
    const kept = await peer.storage.pins.list()
    assert.deepEqual([...new Set(kept.map(({ run }) => run))], [first.id])
    for (const { root } of kept) await buffer(peer.storage.exportCar(root))
  })
})
