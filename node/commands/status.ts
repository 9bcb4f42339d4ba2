import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { callControl, NotRunningError, PeerEndedError } from '../control/control-client.ts'
import type { PeerStatus } from '../control/index.ts'
import { describeStatus } from './describe-status.ts'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { DEFAULT_HOME } from './options.ts'

interface StatusOptions {
  readonly home: string
  readonly watch?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling status --home b
  $ starling status --home b --watch
  $ starling status --home b --json | jq '.runs[].training.round'`

const WATCH_INTERVAL_MS = 1000

/** `starling status`: what the peer that runs in a home is doing. */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what the peer that runs in a home is doing: runs, rounds, links, bytes, newest checkpoints')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--watch', 'show it again every second, until Ctrl-C or until the peer ends')
    .option('--json', 'print one JSON document on stdout; with --watch one a second, a line each')
    .addHelpText('after', EXAMPLES)
    .action(status)
}

async function status(options: StatusOptions): Promise<void> {
  const first = await fetchStatus(options.home)
  if (options.watch === true) return watch(options, first)
  process.stdout.write(`${options.json === true ? JSON.stringify(first) : describeStatus(first)}\n`)
}

async function watch(options: StatusOptions, first: PeerStatus): Promise<void> {
  const show = await shower(options)
  const { signal, dispose } = interruptSignal()
  try {
    for (let status = first; ; status = await fetchStatus(options.home)) {
      show(status)
      await delay(WATCH_INTERVAL_MS, undefined, { signal })
    }
  } catch (error) {
    if (signal.aborted) throw new ExitError(INTERRUPTED)
    if (!(error instanceof NotRunningError || error instanceof PeerEndedError)) throw error
    process.stderr.write(`the peer in ${options.home} has ended; \`starling logs\` shows its last words\n`)
  } finally {
    dispose()
  }
}

async function fetchStatus(home: string): Promise<PeerStatus> {
  return (await callControl(home, 'GET', '/status')) as PeerStatus
}

/** A view that is redrawn on a terminal, and lines that follow each other elsewhere. */
async function shower({ json }: StatusOptions): Promise<(status: PeerStatus) => void> {
  if (json === true) return (status) => process.stdout.write(`${JSON.stringify(status)}\n`)
  const { StatusWatch } = await import('./watch-status.ts')
  const view = new StatusWatch()
  if (!process.stdout.isTTY) {
    return (status) => {
      const lines = view.lines(status, Date.now())
      if (lines !== '') process.stdout.write(`${lines}\n`)
    }
  }
  const { createLogUpdate } = await import('log-update')
  const live = createLogUpdate(process.stdout)
  return (status) => live(view.draw(status, Date.now()))
}
