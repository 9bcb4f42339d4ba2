import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { withProgress } from '../../../../node/commands/progress.ts'

function streamOf({ isTTY }: { isTTY: boolean }): NodeJS.WriteStream & { written(): string } {
  const stream = Object.assign(new PassThrough(), {
    isTTY,
    columns: 80,
    clearLine: () => {},
    cursorTo: () => {},
    moveCursor: () => {},
    written: () => String(stream.read() ?? '')
  })
  return stream as unknown as NodeJS.WriteStream & { written(): string }
}

describe('progress', () => {
  it('is shown on a terminal, with what the work says, and passes its result and its fault on', async () => {
    const stream = streamOf({ isTTY: true })
    const result = await withProgress(
      'reading rows',
      async (say) => {
        say('storing')
        return 7
      },
      { stream }
    )
    assert.equal(result, 7)
    assert.match(stream.written(), /reading rows/)
    const fault = new Error('no')
    await assert.rejects(
      withProgress('x', () => Promise.reject(fault), { stream }),
      fault
    )
  })

  it('writes nothing where there is no terminal, nor beside JSON', async () => {
    for (const options of [{ isTTY: false }, { isTTY: true, json: true }]) {
      const stream = streamOf(options)
      assert.equal(await withProgress('x', async () => 7, { stream, ...options }), 7)
      assert.equal(stream.written(), '')
    }
  })
})
