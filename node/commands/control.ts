import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { callControl, NotRunningError, PeerEndedError } from '../control/control-client.ts'
import type { PeerStatus } from '../control/index.ts'
import { DEFAULT_HOME } from './options.ts'

interface RunOptions {
  readonly home: string
  readonly run?: string
  readonly json?: boolean
}

/** A peer that leaves finishes its round, saves its copy and closes its stores. */
const LEAVE_MS = 60_000
const POLL_MS = 50

/** `starling pause`, `resume` and `leave`: a running peer, from another process. */
export function addControl(program: Command): void {
  const verb = (name: string, description: string) =>
    program
      .command(name)
      .description(description)
      .option('--home <dir>', "the running peer's directory", DEFAULT_HOME)
      .option('--run <id>', 'id or name of the run, where the peer is in several')
      .option('--json', 'print one JSON document on stdout')
  verb('pause', 'stop training after the round under way; links stay, neighbours go on without this peer')
    .addHelpText('after', '\nExamples:\n  $ starling pause --home b\n  $ starling pause --home b --run wards')
    .action((options: RunOptions) => post(options, 'pause', 'paused'))
  verb('resume', 'go on training after a pause')
    .addHelpText('after', '\nExamples:\n  $ starling resume --home b')
    .action((options: RunOptions) => post(options, 'resume', 'resumed'))
  verb('leave', 'part from a run, the last one ends the peer; `starling join` with the same home comes back')
    .option('--purge', 'also remove what the home holds of the run, all but the logs and what a user pinned')
    .addHelpText('after', '\nExamples:\n  $ starling leave --home b\n  $ starling leave --home b --run wards --purge')
    .action(leave)
}

function pathOf(verb: string, run: string | undefined, parameters: Record<string, string> = {}): string {
  return `/${verb}?${new URLSearchParams({ ...(run === undefined ? {} : { run }), ...parameters })}`
}

async function post({ home, run, json }: RunOptions, verb: string, done: string): Promise<void> {
  await callControl(home, 'POST', pathOf(verb, run))
  report(json, done)
}

/** Returns when the run is over for the peer, and after the last run when the next command finds the home free. */
async function leave({ home, run, json, purge }: RunOptions & { purge?: boolean }): Promise<void> {
  const { pid } = (await callControl(home, 'GET', '/status')) as PeerStatus
  if (await isLastLeft(home, pathOf('leave', run, purge === true ? { purge: 'true' } : {}))) await hasEnded(home, pid)
  report(json, 'left')
}

/** A peer that has ended since it told its status was left by somebody else too. */
async function isLastLeft(home: string, path: string): Promise<boolean> {
  try {
    return ((await callControl(home, 'POST', path)) as { isLast: boolean }).isLast
  } catch (error) {
    if (error instanceof PeerEndedError || error instanceof NotRunningError) return true
    throw error
  }
}

async function hasEnded(home: string, pid: number): Promise<void> {
  const { homeHolder } = await import('../../storage/index.ts')
  const deadline = Date.now() + LEAVE_MS
  while ((await homeHolder(home)) === pid) {
    if (Date.now() > deadline) {
      throw new Error(`process ${pid} has not ended ${LEAVE_MS / 1000} s after it was asked to: see \`starling logs\``)
    }
    await delay(POLL_MS)
  }
}

function report(json: boolean | undefined, state: string): void {
  process.stdout.write(json === true ? `${JSON.stringify({ state })}\n` : `${state}\n`)
}
