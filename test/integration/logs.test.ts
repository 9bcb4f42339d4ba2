import assert from 'node:assert/strict'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { LogFile } from '../../node/commands/log-file.ts'
import { run, start } from './starling.ts'
import { temporaryFolder } from './temporary-folder.ts'
import { waitFor } from './wait-for.ts'

/** Two lines and a bit. */
const MAX_BYTES = 200

function line(msg: string): string {
  return `${JSON.stringify({ level: 30, time: 1_735_689_600_000, component: 'join', run: 'bafy', msg })}\n`
}

describe('starling logs', () => {
  it('shows the newest lines of a home in which nothing runs, for people and for programs', async (t) => {
    const home = await temporaryFolder(t)
    const log = new LogFile(home, MAX_BYTES)
    for (const msg of ['one', 'two', 'three']) log.write(line(msg))
    log.write('cut short')
    log.close()
    // The second of them is in the older file already.
    const forPeople = await run(t, 'logs', '--home', home, '--lines', '2')
    assert.match(forPeople.stdout, /^\[2025-01-01 \d\d:00:00\] INFO: two\n\[.*\] INFO: three\n$/)
    assert.equal((await run(t, 'logs', '--home', home, '--json')).stdout, line('one') + line('two') + line('three'))
  })

  it('says where there is no log', async (t) => {
    const { code, stderr } = await run(t, 'logs', '--home', join(await temporaryFolder(t), 'nothing'))
    assert.equal(code, 1)
    assert.match(stderr, /^starling: there is no log in .*nothing: `starling join` and `starling start` write one/)
  })

  it('follows new lines until Ctrl-C, and misses none when the log is begun anew', async (t) => {
    const home = await temporaryFolder(t)
    const log = new LogFile(home, MAX_BYTES)
    t.after(() => log.close())
    log.write(line('before'))
    const logs = start(t, 'logs', '--home', home, '--follow', '--json')
    const shows = (msg: string) => waitFor(msg, () => logs.stdout.endsWith(line(msg)))
    await shows('before')
    log.write(line('after'))
    log.write(line('anew'))
    log.write(line('more'))
    await shows('more')
    assert.equal(logs.stdout, ['before', 'after', 'anew', 'more'].map(line).join(''))
    logs.kill('SIGINT')
    assert.equal((await logs.finished).code, 130)
  })
})
