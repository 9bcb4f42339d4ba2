import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { describe, it } from 'node:test'
import { canAsk, confirm } from '../../../../node/commands/confirm.ts'
import { ExitError } from '../../../../node/commands/exit.ts'

/** A terminal, as far as readline cares. */
function terminal() {
  const input = Object.assign(new PassThrough(), { isTTY: true })
  const output = Object.assign(new PassThrough(), { isTTY: true })
  return { input, output }
}

describe('a question', () => {
  const answers: readonly [typed: string, meaning: boolean][] = [
    ['y\r', true],
    ['YES\r', true],
    ['\r', false],
    ['n\r', false],
    ['yess\r', false]
  ]
  for (const [typed, meaning] of answers) {
    it(`takes ${JSON.stringify(typed)} for ${meaning ? 'yes' : 'no'}`, async () => {
      const streams = terminal()
      const answer = confirm('Write this run?', streams)
      streams.input.write(typed)
      assert.equal(await answer, meaning)
      assert.match(String(streams.output.read()), /Write this run\? \(y\/N\)/)
    })
  }

  it('ends with 130 at Ctrl-C, and with no at Ctrl-D or the end of input', async () => {
    const interrupted = terminal()
    const answer = confirm('Write?', interrupted)
    interrupted.input.write('\u0003')
    await assert.rejects(answer, (error) => error instanceof ExitError && error.exitCode === 130)
    const ended = terminal()
    const none = confirm('Write?', ended)
    ended.input.write('\u0004')
    assert.equal(await none, false)
  })

  it('can only be asked where somebody sees it and can answer', () => {
    assert.equal(canAsk(terminal()), true)
    assert.equal(canAsk({ ...terminal(), input: new PassThrough() }), false)
    assert.equal(canAsk({ ...terminal(), output: new PassThrough() }), false)
  })
})
