import type { Logger } from 'pino'
import { callControl, followRun } from '../control/control-client.ts'
import type { RunEnd, RunEvent, RunRequest } from '../control/index.ts'
import type { PeerRuns } from '../run/peer-runs.ts'
import type { PinningServer } from '../run/pinning-server.ts'
import { ExitError, INTERRUPTED, interruptSignal, UsageError } from './exit.ts'
import { createLog, type PeerLog } from './log.ts'
import { openPeer } from './open-peer.ts'
import { reachHome } from './reach-home.ts'

export interface TakePartInit {
  readonly role: RunRequest['role']
  /** Runs to take part in, none twice; may be empty where the peer does something else. */
  readonly requests: readonly RunRequest[]
  readonly home: string
  readonly listen?: string
  readonly logLevel?: string
  /** Bytes a second, of the whole peer. */
  readonly maxUpload?: number
  /** What the peer keeps, and for whom, besides its runs. */
  readonly pinning?: PinningInit
  /** Hears at once how the run ended; the process may go on for other runs. */
  readonly onDone?: (end: Extract<RunEnd, { type: 'done' }>) => void
}

interface PinningInit {
  readonly quotaBytes?: number
  readonly api?: Pick<Parameters<typeof PinningServer.start>[0], 'host' | 'port' | 'allowOrigins'>
}

/**
 * Takes part in runs until they end: in the peer that runs in the home, or in one that starts here and goes on until all
 * its runs are over. Ctrl-C parts from these runs alone, or stops the peer that runs here. Throws what made a run fail,
 * ExitError when it was interrupted.
 */
export async function takePart(init: TakePartInit): Promise<void> {
  const { signal, dispose } = interruptSignal()
  const log = await createLog(init.role === 'trainer' ? 'join' : init.role, init.logLevel)
  try {
    const ways = { running: () => joinRunning(init, log.logger, signal), alone: () => runPeer(init, log, signal) }
    const ends = await reachHome(ways, signal)
    const isDone = ends.length > 0 && ends.every(({ type }) => type === 'done')
    if (ends.some(({ type }) => type === 'stopped') || (signal.aborted && !isDone)) throw new ExitError(INTERRUPTED)
  } catch (error) {
    const isLoss = (error as Error).name === 'CopyNotSavedError'
    throw signal.aborted && !isLoss ? new ExitError(INTERRUPTED) : error
  } finally {
    log.close()
    dispose()
  }
}

/** Hands the runs over to the peer that runs in the home, and tells what happens in them there. */
async function joinRunning(init: TakePartInit, logger: Logger, signal: AbortSignal): Promise<RunEnd[]> {
  const { requests, home, pinning } = init
  if (requests.length === 0) {
    // Answered by nobody, it is for `runPeer`.
    await callControl(home, 'GET', '/status')
    throw new UsageError(`a peer runs in ${home} already: stop it first, then start it with --pinning-api`)
  }
  return Promise.all(
    requests.map((request, i) =>
      joinOneRunning({ ...init, request }, logger, signal, i === 0 ? leftOut(init, pinning) : [])
    )
  )
}

/** Options that only a peer that starts here would have taken. */
function leftOut({ listen }: TakePartInit, { quotaBytes, api }: PinningInit = {}): string[] {
  return [
    ...(listen === undefined ? [] : ['--listen is left out: that peer listens where it was started']),
    ...(quotaBytes === undefined ? [] : ['--quota is left out: that peer has the one that it was started with']),
    ...(api === undefined ? [] : ['--pinning-api is left out: stop that peer and start it with it'])
  ]
}

async function joinOneRunning(
  { request, home, onDone }: TakePartInit & { request: RunRequest },
  logger: Logger,
  signal: AbortSignal,
  warnings: readonly string[]
): Promise<RunEnd> {
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
      for (const warning of warnings) logger.warn(warning)
      if (signal.aborted) leave()
    })
    if (end.type === 'failed') throw Object.assign(new Error(end.message), { code: end.code })
    if (end.type === 'done') onDone?.(end)
    return end
  } finally {
    signal.removeEventListener('abort', leave)
  }
}

/** Starts a peer in the home with these runs as its first, and keeps it until its last run is over. */
async function runPeer(init: TakePartInit, log: PeerLog, signal: AbortSignal): Promise<RunEnd[]> {
  const { home, listen, maxUpload, pinning = {} } = init
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
    const runs: PeerRuns = new PeerRuns({
      peer,
      ...(pinning.quotaBytes === undefined ? {} : { quotaBytes: pinning.quotaBytes }),
      staysWithoutRuns: pinning.api !== undefined,
      onEvent: (run, event) => tell(log.logger, run, runs.size > 1, event)
    })
    await using closers = new AsyncDisposableStack()
    const control = await startControl(peer.home.dir, runs)
    closers.defer(() => control.close())
    if (pinning.api !== undefined) await offerPinning(runs, { ...pinning.api, peer }, log.logger, closers)
    const stop = () => void runs.stop()
    signal.addEventListener('abort', stop)
    closers.defer(async () => {
      signal.removeEventListener('abort', stop)
      await runs.stop()
    })
    return await playAll(runs, init, stop, signal)
  } finally {
    ending.abort()
    await repairing
    await peer.stop()
  }
}

async function offerPinning(
  runs: PeerRuns,
  { peer, ...api }: Omit<Parameters<typeof PinningServer.start>[0], 'quota' | 'onNotice'>,
  logger: Logger,
  closers: AsyncDisposableStack
): Promise<void> {
  const { PinningServer } = await import('../run/pinning-server.ts')
  const onNotice = (message: string) => logger.warn(message)
  const server = await PinningServer.start({ ...api, peer, quota: runs.quota, onNotice })
  closers.defer(() => server.close())
  runs.offer(server)
  for (const line of await server.greeting()) logger.info(line)
}

/** Joins all runs and waits until the peer is over. One that fails ends the others no sooner. */
async function playAll(
  runs: PeerRuns,
  { requests, onDone }: TakePartInit,
  stop: () => void,
  signal: AbortSignal
): Promise<RunEnd[]> {
  const joined = []
  for (const request of requests) joined.push(await runs.join(request, () => {}))
  if (signal.aborted) stop()
  let isFailureTold = false
  const ends = await Promise.all(
    joined.map(async (run) => {
      const end = await run.ended
      if (end.type === 'done') onDone?.(end)
      if (end.type === 'failed' && !runs.isStopping) {
        process.stderr.write(`starling: ${end.message}\n`)
        isFailureTold = true
      }
      return end
    })
  )
  await runs.over
  if (isFailureTold) throw new ExitError(1)
  const failed = joined.find(({ failure }) => failure !== undefined)
  if (failed !== undefined) throw failed.failure
  return ends
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
