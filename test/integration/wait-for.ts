import { setTimeout as sleep } from 'node:timers/promises'

const POLL_MS = 50

/**
 * Real processes start in seconds; on a machine with four times the work it is made for, a trainer took 25. Far more than
 * any condition here needs: only a test that fails waits so long.
 */
const PATIENCE_MS = 120_000

/** Polls until `condition` gives something other than undefined or false, and resolves with it. */
export async function waitFor<T>(
  what: string,
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  patienceMs = PATIENCE_MS
): Promise<T> {
  const deadline = performance.now() + patienceMs
  while (performance.now() < deadline) {
    const found = await condition()
    if (found !== undefined && found !== false) return found
    await sleep(POLL_MS)
  }
  throw new Error(`waited ${patienceMs} ms in vain: ${what}`)
}
