import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 10

/** Far above what anything here takes, so that a busy machine fails no test. */
const LIMIT_MS = 20_000

/** Polls until the condition holds. */
export async function waitFor(condition: () => boolean, what = String(condition)): Promise<void> {
  for (const deadline = performance.now() + LIMIT_MS; !condition(); await sleep(POLL_MS)) {
    assert.ok(performance.now() < deadline, `not within ${LIMIT_MS} ms: ${what}`)
  }
}
