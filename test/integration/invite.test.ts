import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { encodeInvite, parseInvite } from '../../protocols/envelope/index.ts'
import { createInvitedRun } from './invited-run.ts'
import { run, runJson, start } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'

interface Invited {
  readonly invite: string
  readonly run: string
  readonly addresses: string[]
  readonly notAfter: number | null
}

const DAY_MS = 86_400_000

describe('invite', () => {
  it('is made of the run in the home and the addresses of its peer, which may run or not', async (t) => {
    const plan = ['--network', 'ours', '--name', 'x', '--rounds', '1000000']
    const { invite, home, data } = await createInvitedRun(t, await temporaryFolder(t), ...plan)
    const made = parseInvite(invite)
    const offline = (await runJson(t, 'invite', '--home', home)) as Invited
    assert.deepEqual(parseInvite(offline.invite), made)

    await start(t, 'start', invite, '--home', home).says('following run')
    const before = Date.now()
    const online = (await runJson(t, 'invite', '--home', home, '--run', 'x', '--expires', '2d')) as Invited
    assert.deepEqual({ ...parseInvite(online.invite), notAfter: undefined }, { ...made, notAfter: undefined })
    assert.ok(online.notAfter! >= before + 2 * DAY_MS && online.notAfter! <= Date.now() + 2 * DAY_MS)
    const unknown = await run(t, 'invite', '--home', home, '--run', 'y')
    assert.equal(unknown.code, 2)
    assert.match(unknown.stderr, /holds no run "y": it holds x \(bafy\w+\)\n$/)

    // Expired: refused to who comes new, but not to a home that is in the run.
    const file = join(home, '..', 'expired.txt')
    await writeFile(file, encodeInvite({ ...made, notAfter: before - DAY_MS }))
    const words = ['--data', data, '--wait-for-links', '0', '--linger-seconds', '0', '--listen', '/ip4/127.0.0.1/tcp/0']
    const newcomer = join(home, '..', 'newcomer')
    const refused = await run(t, 'join', `@${file}`, '--home', newcomer, ...words)
    assert.equal(refused.code, 2)
    assert.match(
      refused.stderr,
      /^starling: the invite expired at .*Z, and this computer's clock says .*Z: ask for a new/
    )
    await start(t, 'join', invite, '--home', newcomer, ...words).says('round 1 of')
    await runJson(t, 'leave', '--home', newcomer)
    await start(t, 'join', `@${file}`, '--home', newcomer, ...words).says(' of 1000000 (')
    await runJson(t, 'leave', '--home', newcomer)
  })
})

describe('a run that nobody gives', () => {
  it('is told with the addresses that were asked and how long that took', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder)
    const [address] = parseInvite(invite).addresses
    const alone = await run(t, 'evaluate', invite, '--data', data)
    assert.equal(alone.code, 1)
    assert.match(alone.stderr, /^starling: no peer answers, given up after \d+ s; asked /)
    assert.ok(alone.stderr.includes(`; asked ${address}: start the peer that made the invite`), alone.stderr)

    const { run: id } = (await runJson(t, 'invite', '--home', home)) as Invited
    const asCheckpoint = await run(t, 'evaluate', id, '--home', home, '--data', data)
    assert.equal(asCheckpoint.code, 1)
    assert.ok(
      asCheckpoint.stderr.startsWith(`starling: ${id} is a run, and the home ${home} holds no `),
      asCheckpoint.stderr
    )
    const unknown = 'bafyreidcenqnnsqjpmznlms3em2ypbo2lsjsjk6tzwdjtm7xs2wzbzzdja'
    const missing = await run(t, 'evaluate', unknown, '--home', home, '--data', data)
    assert.ok(
      missing.stderr.startsWith(`starling: checkpoint ${unknown} is not in the home ${home}, and nobody else was asked`)
    )
  })
})
