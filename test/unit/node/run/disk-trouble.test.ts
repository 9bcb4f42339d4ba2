import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DiskTrouble, isNoRoom } from '../../../../node/run/disk-trouble.ts'
import { EventLog } from '../../../../node/run/event-log.ts'

function noRoom(): Error {
  return new Error('block not written', { cause: Object.assign(new Error('full'), { code: 'ENOSPC' }) })
}

describe('trouble with the disk', () => {
  it('is told once, and once that it is over, when all that failed is stored again', () => {
    const notices: string[] = []
    const trouble = new DiskTrouble({ home: '/home/peer', onNotice: (message) => notices.push(message) })
    trouble.stored('deltas')
    for (let i = 0; i < 100; i++) {
      trouble.failed('deltas', noRoom())
      trouble.failed('copy', noRoom())
    }
    assert.equal(notices.length, 1)
    trouble.stored('deltas')
    assert.equal(notices.length, 1)
    trouble.stored('copy')
    assert.deepEqual(notices, [
      'no room left at /home/peer: the run goes on, and nothing is stored until there is room again',
      'there is room again at /home/peer: storing goes on'
    ])
  })

  it('of another kind is told each time', () => {
    const notices: string[] = []
    const trouble = new DiskTrouble({ home: '/home/peer', onNotice: (message) => notices.push(message) })
    trouble.failed('deltas', new Error('EACCES'))
    trouble.failed('deltas', new Error('EACCES'))
    assert.deepEqual(notices, ['deltas: EACCES', 'deltas: EACCES'])
  })

  it('is known by its codes, and by the words of LevelDB', () => {
    assert.equal(isNoRoom(new Error('IO error: 000003.log: No space left on device')), true)
    assert.equal(isNoRoom(new Error('IO error: 000003.log: Input/output error')), false)
  })
})

describe('an event log', () => {
  it('keeps lines that find no room, whole and in order, for when there is some', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'starling-log-'))
    t.after(() => rm(folder, { recursive: true }))
    const path = join(folder, 'events.jsonl')
    const errors: Error[] = []
    const log = new EventLog(path, { onError: (error) => errors.push(error) })
    // Room for a line and a half, as on a disk that is nearly full.
    limitFiles('60')
    try {
      log.append({ line: 1, text: 'x'.repeat(20) })
      await log.close()
      log.append({ line: 2, text: 'x'.repeat(20) })
      await log.close()
      assert.equal(errors.length > 0 && errors.every(isNoRoom), true)
      assert.equal((await readFile(path, 'utf8')).trimEnd().split('\n').length, 1)
    } finally {
      limitFiles('unlimited')
    }
    log.append({ line: 3 })
    await log.close()
    const lines = (await readFile(path, 'utf8')).trimEnd().split('\n')
    assert.deepEqual(
      lines.map((line) => (JSON.parse(line) as { line: number }).line),
      [1, 2, 3]
    )
  })
})

function limitFiles(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`])
}
