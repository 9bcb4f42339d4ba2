import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { callControl } from '../control/control-client.ts'
import type { PeerStatus } from '../control/index.ts'
import { DEFAULT_HOME } from './options.ts'

interface HomeOptions {
  readonly home: string
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
      .option('--json', 'print one JSON document on stdout')
  verb('pause', 'stop training after the round under way; links stay, neighbours go on without this peer')
    .addHelpText('after', '\nExamples:\n  $ starling pause --home b')
    .action((options: HomeOptions) => post(options, '/pause', 'paused'))
  verb('resume', 'go on training after a pause')
    .addHelpText('after', '\nExamples:\n  $ starling resume --home b')
    .action((options: HomeOptions) => post(options, '/resume', 'resumed'))
  verb('leave', 'part from the run and end the peer; `starling join` with the same home comes back')
    .option('--purge', 'also remove what the home holds of the run, all but the logs and what a user pinned')
    .addHelpText('after', '\nExamples:\n  $ starling leave --home b\n  $ starling leave --home b --purge')
    .action(leave)
}

async function post({ home, json }: HomeOptions, path: string, done: string): Promise<void> {
  await callControl(home, 'POST', path)
  report(json, done)
}

/** Returns when the process is gone, so that the next command finds the home free. */
async function leave({ home, json, purge }: HomeOptions & { purge?: boolean }): Promise<void> {
  const { pid } = (await callControl(home, 'GET', '/status')) as PeerStatus
  await callControl(home, 'POST', `/leave?purge=${purge === true}`)
  const deadline = Date.now() + LEAVE_MS
  while (isAlive(pid)) {
    if (Date.now() > deadline) {
      throw new Error(`process ${pid} has not ended ${LEAVE_MS / 1000} s after it was asked to: see its log`)
    }
    await delay(POLL_MS)
  }
  report(json, 'left')
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

function report(json: boolean | undefined, state: string): void {
  process.stdout.write(json === true ? `${JSON.stringify({ state })}\n` : `${state}\n`)
}
