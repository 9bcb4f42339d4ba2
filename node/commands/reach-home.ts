import { setTimeout as delay } from 'node:timers/promises'

/** A peer that starts or stops holds its home without answering: seconds, for a large model that it saves. */
const PATIENCE_MS = 30_000
const POLL_MS = 100

/** Nobody answers, or not any more. */
const GONE = new Set(['ERR_NOT_RUNNING', 'ERR_PEER_ENDED', 'ERR_PEER_STOPPING'])

interface Ways<T> {
  /** With the peer that runs in the home. */
  readonly running: () => Promise<T>
  /** In the home itself, where no peer runs. */
  readonly alone: () => Promise<T>
}

/**
 * Does something with a home: through the peer that runs there, or where none does in the home itself. One that is just
 * starting or stopping is waited for. Throws HomeInUseError where it does not get that far.
 */
export async function reachHome<T>({ running, alone }: Ways<T>, signal?: AbortSignal): Promise<T> {
  const deadline = Date.now() + PATIENCE_MS
  for (;;) {
    try {
      return await running()
    } catch (error) {
      if (!GONE.has(codeOf(error))) throw error
    }
    try {
      return await alone()
    } catch (error) {
      if (codeOf(error) !== 'ERR_HOME_IN_USE' || Date.now() > deadline) throw error
    }
    await delay(POLL_MS, undefined, { ...(signal === undefined ? {} : { signal }) })
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code)
}
