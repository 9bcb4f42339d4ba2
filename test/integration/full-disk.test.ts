import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { peerStatus } from '../../node/control/index.ts'
import { createInvitedRun } from './invited-run.ts'
import { runJson, type Starling, start } from './starling.ts'
import { type Owner, temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

/**
 * What a full disk does to a process, without a disk: no file may grow. Writes fail with EFBIG where a full disk says
 * ENOSPC, which the program takes for the same. Works for every user, on every file system.
 */
async function limitFiles(starling: Starling, bytes: '0' | 'unlimited'): Promise<void> {
  for (const id of await starling.alive()) execFileSync('prlimit', ['--pid', String(id), `--fsize=${bytes}:unlimited`])
}

async function roundOf(t: Owner, home: string): Promise<number> {
  const { runs } = peerStatus.parse(await runJson(t, 'status', '--home', home))
  return runs[0]!.training!.round
}

function count(text: string, part: string): number {
  return text.split(part).length - 1
}

async function temporaryFilesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true })
  return entries.filter((name) => name.endsWith('.tmp'))
}

describe('a full disk in the middle of a run', () => {
  it('is told once, stops no round, leaves nothing half-written, and storing goes on with room', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder, '--rounds', '1000000', '--checkpoint-every', '5')
    const words = ['join', invite, '--home', home, '--data', data, '--wait-for-links', '0']
    const peer = start(t, ...words)
    await peer.says('checkpoint of round')

    await limitFiles(peer, '0')
    await peer.says('no room left at')
    const before = await roundOf(t, home)
    await waitFor('rounds to go on', async () => (await roundOf(t, home)) > before + 50)
    assert.equal(count(peer.stderr, 'no room left at'), 1, peer.stderr)

    await limitFiles(peer, 'unlimited')
    await peer.says('there is room again at')
    const { length } = peer.stderr
    await waitFor('another checkpoint', () => peer.stderr.slice(length).includes('checkpoint of round'))
    const lines = (await readFile(join(home, 'events.jsonl'), 'utf8')).trimEnd().split('\n')
    const rounds = lines.map((line) => (JSON.parse(line) as { round: number }).round)
    assert.ok(rounds.includes(before + 25), 'the lines that waited for room are there')

    peer.kill('SIGINT')
    const { code, stderr } = await peer.finished
    assert.equal(code, 130, stderr)
    assert.equal(count(stderr, 'no room left at'), 1, stderr)
    assert.deepEqual(await temporaryFilesIn(home), [])
  })

  it('at the end says that the copy is not saved, and fails', async (t) => {
    const folder = await temporaryFolder(t)
    const { invite, home, data } = await createInvitedRun(t, folder, '--rounds', '1000000')
    const peer = start(t, 'join', invite, '--home', home, '--data', data, '--wait-for-links', '0')
    await peer.says('round 1 of')
    await limitFiles(peer, '0')
    await peer.says('no room left at')
    peer.kill('SIGINT')
    const { code, stderr } = await peer.finished
    assert.equal(code, 1, stderr)
    assert.match(stderr, /starling: the copy of round \d+ is not saved \(no room left at .*\): make room there/)
    assert.doesNotMatch(stderr, /^\s+at /m)
    assert.deepEqual(await peer.alive(), [])
  })
})
