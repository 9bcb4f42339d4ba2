import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { EventLog } from '../../../../node/run/event-log.ts'
import { temporaryFolder } from '../../storage/temporary-home.ts'

describe('a log of events', () => {
  const left: readonly [what: string, before: string, after: string][] = [
    ['half a line', '{"a":1}\n{"b":', '{"a":1}\n{"c":3}\n'],
    ['half of its only line', '{"a', '{"c":3}\n'],
    ['zeros, as some file systems do', '{"a":1}\n\0\0\0\0', '{"a":1}\n{"c":3}\n'],
    ['control: whole lines', '{"a":1}\n{"b":2}\n', '{"a":1}\n{"b":2}\n{"c":3}\n']
  ]
  for (const [what, before, after] of left) {
    it(`goes on after its last whole line where a cut has left ${what}`, async (t) => {
      const path = join(await temporaryFolder(t), 'events.jsonl')
      await writeFile(path, before)
      const log = new EventLog(path, { onError: (error) => assert.fail(error) })
      log.append({ c: 3 })
      await log.close()
      assert.equal(await readFile(path, 'utf8'), after)
    })
  }
})
