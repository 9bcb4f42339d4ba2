import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { callControl } from '../control/control-client.ts'
import type { PeerStatus } from '../control/index.ts'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { DEFAULT_HOME } from './options.ts'
import { describeQuality } from './quality.ts'

interface StatusOptions {
  readonly home: string
  readonly watch?: boolean
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling status --home b
  $ starling status --home b --watch
  $ starling status --home b --json | jq .training.round`

const WATCH_INTERVAL_MS = 1000

/** `starling status`: what the peer that runs in a home is doing. */
export function addStatus(program: Command): void {
  program
    .command('status')
    .description('what the peer that runs in a home is doing: run, round, links, bytes, newest checkpoint')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('--watch', 'show it again every second until Ctrl-C')
    .option('--json', 'print one JSON document on stdout; with --watch one a second, a line each')
    .addHelpText('after', EXAMPLES)
    .action(status)
}

async function status(options: StatusOptions): Promise<void> {
  const show = await shower(options)
  show(await fetchStatus(options.home))
  if (options.watch !== true) return
  const { signal, dispose } = interruptSignal()
  try {
    for (;;) {
      await delay(WATCH_INTERVAL_MS, undefined, { signal })
      show(await fetchStatus(options.home))
    }
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

async function fetchStatus(home: string): Promise<PeerStatus> {
  return (await callControl(home, 'GET', '/status')) as PeerStatus
}

/** A view that is redrawn on a terminal, and lines that follow each other elsewhere. */
async function shower({ watch, json }: StatusOptions): Promise<(status: PeerStatus) => void> {
  if (json === true) return (status) => process.stdout.write(`${JSON.stringify(status)}\n`)
  if (watch !== true || !process.stdout.isTTY) return (status) => process.stdout.write(`${describeStatus(status)}\n`)
  const { createLogUpdate } = await import('log-update')
  const live = createLogUpdate(process.stdout)
  return (status) => live(describeStatus(status))
}

/** A status as people read it. */
export function describeStatus(status: PeerStatus): string {
  const { run, training, links, checkpoint } = status
  const refused = Object.entries(status.refused).map(([reason, count]) => `${reason} ${count}`)
  const lines = [
    [
      'peer',
      `${status.peer} (${status.roles.join(', ')}), process ${status.pid}, up ${age(Date.now() - status.startedAt)}`
    ],
    ['run', `${run.name} ${run.id}, ${run.parameters} parameters`],
    ...(training === undefined ? [] : [['training', describeTraining(training)]]),
    ['links', `${links.length}, connections ${status.connections}`],
    ...links.map(({ peer, rttMs, ageMs }) => ['', `${peer}  ${rttMs.toFixed(1)} ms, ${age(ageMs)}`]),
    ['traffic', `${megabytes(status.sentBytes)} sent, ${megabytes(status.receivedBytes)} received`],
    ['memory', megabytes(status.rssBytes)],
    ['checkpoint', checkpoint === undefined ? 'none yet' : describeCheckpoint(checkpoint)],
    ...(refused.length === 0 ? [] : [['refused', refused.join(', ')]])
  ]
  return lines.map(([name, text]) => `${name!.padEnd(11)}${text}`).join('\n')
}

function describeTraining({
  state,
  round,
  rounds,
  loss,
  engine,
  samples
}: NonNullable<PeerStatus['training']>): string {
  const measured = loss === undefined ? '' : `, loss ${loss.toFixed(3)}`
  return `${state}, round ${round} of ${rounds}${measured}; ${samples} rows, engine ${engine}`
}

function describeCheckpoint({ root, round, ...quality }: NonNullable<PeerStatus['checkpoint']>): string {
  return [`${root} of round ${round}`, describeQuality(quality) ?? []].flat().join(', ')
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
