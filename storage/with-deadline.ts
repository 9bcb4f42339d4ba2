/** Something did not answer in time. */
export class DeadlineError extends Error {
  override readonly name = 'DeadlineError'
  readonly code = 'ERR_DEADLINE'

  constructor(what: string, ms: number) {
    super(`${what} took longer than ${ms} ms: check that a connected peer has it, or allow more time`)
  }
}

export interface DeadlineOptions {
  readonly signal?: AbortSignal | undefined
  /** Milliseconds until the work is given up. */
  readonly timeoutMs?: number | undefined
}

/**
 * Runs work under a signal that ends with the caller's signal or after `timeoutMs`, whichever is first, and in any case
 * when the work is over, so that nothing it started goes on. `AbortSignal.any` would leak here: callers pass signals
 * that live as long as their node (DESIGN 10).
 *
 * Throws DeadlineError, or the reason of the caller's signal.
 */
export async function withDeadline<T>(
  what: string,
  { signal, timeoutMs }: { readonly signal?: AbortSignal | undefined; readonly timeoutMs: number },
  work: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  signal?.throwIfAborted()
  const controller = new AbortController()
  const onAbort = () => controller.abort(signal?.reason)
  const timer = setTimeout(() => controller.abort(new DeadlineError(what, timeoutMs)), timeoutMs)
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    return await work(controller.signal)
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason
    throw error
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', onAbort)
    controller.abort()
  }
}
