import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { test } from 'node:test'
import { withDeadline } from '../../../storage/with-deadline.ts'

const untilAborted = (signal: AbortSignal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('work ended'))))

test('ends work that takes too long', async () => {
  const expected = { code: 'ERR_DEADLINE', message: /^block x took longer than 5 ms/ }
  await assert.rejects(withDeadline('block x', { timeoutMs: 5 }, untilAborted), expected)
})

test('ends work with the reason of the caller, and leaves nothing on the signal of the caller', async () => {
  const controller = new AbortController()
  const { signal } = controller
  await withDeadline('done', { signal, timeoutMs: 1000 }, async () => 1)
  assert.equal(getEventListeners(signal, 'abort').length, 0)
  const work = withDeadline('aborted', { signal, timeoutMs: 1000 }, untilAborted)
  controller.abort(new Error('peer stops'))
  await assert.rejects(work, { message: 'peer stops' })
  await assert.rejects(withDeadline('late', { signal, timeoutMs: 1000 }, untilAborted), { message: 'peer stops' })
})

test('ends what the work left behind', async () => {
  let left: AbortSignal | undefined
  await withDeadline('done', { timeoutMs: 1000 }, async (signal) => {
    left = signal
  })
  assert.equal(left?.aborted, true)
})
