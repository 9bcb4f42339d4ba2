import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { LogFile, logPath, olderLogPath } from '../../../../node/commands/log-file.ts'

async function temporaryHome(t: TestContext): Promise<string> {
  const home = await mkdtemp(join(tmpdir(), 'starling-log-'))
  t.after(() => rm(home, { recursive: true, force: true }))
  return home
}

describe('the log in a home', () => {
  it('goes on where the last process stopped, for its owner alone', async (t) => {
    const home = await temporaryHome(t)
    for (const line of ['one\n', 'two\n']) {
      const log = new LogFile(home)
      log.write(line)
      log.close()
    }
    assert.equal(await readFile(logPath(home), 'utf8'), 'one\ntwo\n')
    assert.equal((await stat(logPath(home))).mode & 0o777, 0o600)
  })

  it('is never larger than two files of its bound, and loses the oldest lines only', async (t) => {
    const home = await temporaryHome(t)
    const log = new LogFile(home, 100)
    for (let line = 10; line < 60; line++) log.write(`line ${line}\n`)
    log.close()
    const [older, newer] = [await readFile(olderLogPath(home), 'utf8'), await readFile(logPath(home), 'utf8')]
    assert.ok(older.length <= 100 && newer.length <= 100)
    const kept = (older + newer).trim().split('\n')
    assert.deepEqual(
      kept,
      Array.from({ length: kept.length }, (_, at) => `line ${60 - kept.length + at}`)
    )
  })

  it('costs nothing but lines when it cannot be written', async (t) => {
    const home = await temporaryHome(t)
    const log = new LogFile(home, 10)
    await rm(home, { recursive: true })
    log.write('more than ten characters\n')
  })
})
