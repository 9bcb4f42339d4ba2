import type { Logger } from 'pino'
import { callControl, followRun } from '../control/control-client.ts'
import type { RunEnd, RunEvent, RunRequest } from '../control/index.ts'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { createLog, type PeerLog } from './log.ts'
import { openPeer } from './open-peer.ts'
import { reachHome } from './reach-home.ts'

export interface TakePartInit {
  readonly request: RunRequest
  readonly home: string
  readonly listen?: string
  readonly logLevel?: string
  /** Bytes a second, of the whole peer. */
  readonly maxUpload?: number
  /** Hears at once how the run ended; the process may go on for other runs. */
  readonly onDone?: (end: Extract<RunEnd, { type: 'done' }>) => void
}

/**
 * Takes part in a run until it ends: in the peer that runs in the home, or in one that starts here and goes on until all
 * its runs are over. Ctrl-C parts from this run alone, or stops the peer that runs here. Throws what made the run fail,
 * ExitError when it was interrupted.
 */
export async function takePart(init: TakePartInit): Promise<void> {
  const { signal, dispose } = interruptSignal()
  const log = await createLog(init.request.role === 'trainer' ? 'join' : init.request.role, init.logLevel)
  try {
    const ways = { running: () => joinRunning(init, log.logger, signal), alone: () => runPeer(init, log, signal) }
    const end = await reachHome(ways, signal)
    if (end.type === 'stopped' || (signal.aborted && end.type !== 'done')) throw new ExitError(INTERRUPTED)
  } catch (error) {
    const isLoss = (error as Error).name === 'CopyNotSavedError'
    throw signal.aborted && !isLoss ? new ExitError(INTERRUPTED) : error
  } finally {
    log.close()
    dispose()
  }
}

/** Hands the run over to the peer that runs in the home, and tells what happens in it there. */
async function joinRunning({ request, home, listen, onDone }: TakePartInit, logger: Logger, signal: AbortSignal) {
  let run: string | undefined
  const leave = () => {
    if (run === undefined) return
    logger.info('leaving this run; the peer goes on with its other runs')
    callControl(home, 'POST', `/leave?run=${run}`).catch((error: Error) => logger.warn(error.message))
  }
  signal.addEventListener('abort', leave)
  try {
    const end = await followRun(home, request, (event) => {
      if (event.type === 'log') logger[event.level](event.message)
      if (event.type !== 'joined') return
      run = event.run
      logger.info(
        `joined run ${run} in the peer that runs in ${home}, process ${event.pid}; Ctrl-C leaves this run only`
      )
      if (listen !== undefined) logger.warn('--listen is left out: that peer listens where it was started')
      if (signal.aborted) leave()
    })
    if (end.type === 'failed') throw Object.assign(new Error(end.message), { code: end.code })
    if (end.type === 'done') onDone?.(end)
    return end
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** Starts a peer in the home with this run as its first, and keeps it until its last run is over. */
async function runPeer({ request, home, listen, maxUpload, onDone }: TakePartInit, log: PeerLog, signal: AbortSignal) {
  const [{ PeerRuns }, { repairStore }, { startControl }] = await Promise.all([
    import('../run/peer-runs.ts'),
    import('../run/repair-store.ts'),
    import('../control/index.ts')
  ])
  const limits = maxUpload === undefined ? {} : { maxUpload }
  const peer = await openPeer({ home, log, ...(listen === undefined ? {} : { listen }), ...limits })
  const ending = new AbortController()
  const repairing = repairStore(peer, { signal: ending.signal, onNotice: (message) => log.logger.warn(message) })
  try {
    const runs = new PeerRuns({ peer, onEvent: (run, event) => tell(log.logger, run, runs.size > 1, event) })
    const control = await startControl(peer.home.dir, runs)
    const stop = () => void runs.stop()
    signal.addEventListener('abort', stop)
    try {
      const run = await runs.join(request, () => {})
      if (signal.aborted) stop()
      const end = await run.ended
      if (end.type === 'done') onDone?.(end)
      if (end.type === 'failed' && !runs.isStopping) {
        process.stderr.write(`starling: ${end.message}\n`)
        await runs.over
        throw new ExitError(1)
      }
      await runs.over
      if (end.type === 'failed') throw run.failure
      return end
    } finally {
      signal.removeEventListener('abort', stop)
      await runs.stop()
      await control.close()
    }
  } finally {
    ending.abort()
    await repairing
    await peer.stop()
  }
}

/** What happens in a run, as the peer's log has it. */
function tell(
  logger: Logger,
  { id, name }: { id: string; name: string | undefined },
  isOneOfSeveral: boolean,
  event: RunEvent
): void {
  const line = { run: id, ...(isOneOfSeveral ? { runName: name ?? id } : {}) }
  if (event.type === 'log') logger[event.level](line, event.message)
  if (event.type !== 'ended' || event.end.type !== 'failed') return
  // The sentence may quote the file: whoever asked for the run reads it, the log does not keep it.
  const { code = 'no code' } = event.end
  logger.error({ ...line, code }, `the run failed (${code})${isOneOfSeveral ? '; the other runs go on' : ''}`)
}
