import assert from 'node:assert/strict'
import { suite, type TestContext, test } from 'node:test'
import { MessageChannel, type Transferable } from 'node:worker_threads'
import { serveCalls, ThreadCalls, ThreadError } from '../../../../node/vectors/thread-calls.ts'

class NotTrainableError extends Error {
  override readonly name = 'NotTrainableError'
  readonly code = 'ERR_NOT_TRAINABLE'
}

const target = {
  add: async (a: number, b: number) => a + b,
  later: (ms: number) => new Promise((resolve) => setTimeout(() => resolve(ms), ms)),
  never: () => new Promise(() => {}),
  length: async (bytes: Uint8Array) => bytes.byteLength,
  made: async () => ({ copy: new Uint8Array(8).fill(7) }),
  refuse: async () => Promise.reject(new NotTrainableError('no rows')),
  reject: async () => Promise.reject('only text')
}

const copyOf = (result: unknown): Transferable[] =>
  result instanceof Object && 'copy' in result ? [(result.copy as Uint8Array<ArrayBuffer>).buffer] : []

/** Calls on one end of a channel, served on the other. */
function callsOn(t: TestContext): ThreadCalls {
  const { port1, port2 } = new MessageChannel()
  serveCalls(port2, target, copyOf)
  t.after(() => port1.close())
  return new ThreadCalls(port1)
}

suite('thread calls', () => {
  test('are answered each with its own result, in whatever order they end', async (t) => {
    const calls = callsOn(t)
    const [slow, sum] = [calls.call('later', [20]), calls.call('add', [2, 3])]
    assert.equal(await sum, 5)
    assert.equal(await slow, 20)
  })

  test('reject with the name, code and message of the error on the other side', async (t) => {
    const calls = callsOn(t)
    await assert.rejects(calls.call('refuse', []), (error) => {
      assert.ok(error instanceof ThreadError && error.stack?.includes('no rows'))
      assert.deepEqual([error.name, error.code, error.message], ['NotTrainableError', 'ERR_NOT_TRAINABLE', 'no rows'])
      return true
    })
    await assert.rejects(calls.call('reject', []), { name: 'Error', message: 'only text' })
    assert.equal(await calls.call('add', [1, 1]), 2, 'and go on')
  })

  test('give buffers away in both directions', async (t) => {
    const calls = callsOn(t)
    const bytes = new Uint8Array(1000)
    assert.equal(await calls.call('length', [bytes], [bytes.buffer]), 1000)
    assert.equal(bytes.byteLength, 0)
    assert.deepEqual(await calls.call('made', []), { copy: new Uint8Array(8).fill(7) })
  })

  test('reject once the other side has failed, those under way and those to come', async (t) => {
    const calls = callsOn(t)
    const pending = calls.call('never', [])
    const failure = new Error('the thread stopped')
    calls.fail(failure)
    await assert.rejects(pending, failure)
    await assert.rejects(calls.call('add', [1, 2]), failure)
  })
})
