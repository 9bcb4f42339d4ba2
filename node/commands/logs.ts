import { open, readFile, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Command } from 'commander'
import { ExitError, INTERRUPTED, interruptSignal } from './exit.ts'
import { linePrinter } from './log.ts'
import { logPath, olderLogPath } from './log-file.ts'
import { DEFAULT_HOME, whole } from './options.ts'

interface LogsOptions {
  readonly home: string
  readonly follow?: boolean
  readonly lines: number
  readonly json?: boolean
}

const EXAMPLES = `
Examples:
  $ starling logs --home b
  $ starling logs --home b --follow
  $ starling logs --home b --lines 1000 --json | jq 'select(.level >= 40)'`

/** How soon a new line shows. */
const POLL_MS = 250

/** There is nothing to show: no peer ever ran in the home, or there is no home. */
class NoLogError extends Error {
  override readonly name = 'NoLogError'
  readonly code = 'ERR_NO_LOG'

  constructor(home: string) {
    super(`there is no log in ${home}: \`starling join\` and \`starling start\` write one; or name another --home`)
  }
}

/** `starling logs`: what the peer of a home has said, whether or not it runs. */
export function addLogs(program: Command): void {
  program
    .command('logs')
    .description('log lines of the peer in a home, whether or not it runs')
    .option('--home <dir>', "the peer's directory", DEFAULT_HOME)
    .option('-f, --follow', 'go on with new lines until Ctrl-C')
    .option('--lines <n>', 'newest lines to show', whole(0, 1_000_000), 50)
    .option('--json', 'lines as they are kept: one JSON document each')
    .addHelpText('after', EXAMPLES)
    .action(logs)
}

async function logs({ home, follow, lines, json }: LogsOptions): Promise<void> {
  const print = json === true ? (line: string) => `${line}\n` : await linePrinter(process.stdout.isTTY === true)
  const newest = await readFile(logPath(home)).catch(() => undefined)
  if (newest === undefined && follow !== true) throw new NoLogError(resolve(home))
  const text = newest?.toString() ?? ''
  // A line that is being written is shown when it is whole.
  const end = text.lastIndexOf('\n') + 1
  for (const line of await lastLines(home, text.slice(0, end), lines)) process.stdout.write(print(line))
  if (follow === true)
    await followLog(home, Buffer.byteLength(text.slice(0, end)), (line) => process.stdout.write(print(line)))
}

async function lastLines(home: string, newest: string, count: number): Promise<string[]> {
  const lines = linesOf(newest)
  if (lines.length < count) {
    lines.unshift(...linesOf(await readFile(olderLogPath(home), 'utf8').catch(() => '')))
  }
  return count === 0 ? [] : lines.slice(-count)
}

function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '')
}

/** Shows what is appended after `from` bytes. */
async function followLog(home: string, from: number, show: (line: string) => void): Promise<never> {
  const { signal, dispose } = interruptSignal()
  try {
    let file = await fileOf(home)
    for (let at = from; ; await delay(POLL_MS, undefined, { signal })) {
      const newest = await fileOf(home)
      if (file !== undefined && newest !== file) {
        // The log was begun anew since: what was added before that is in the older one.
        for (const line of linesOf((await readFrom(olderLogPath(home), at)).text)) show(line)
        at = 0
      }
      file = newest
      const { text, next } = await readFrom(logPath(home), at)
      for (const line of linesOf(text)) show(line)
      at = next
    }
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

/** What tells a log from the one that was begun after it; undefined while there is none. */
async function fileOf(home: string): Promise<number | undefined> {
  return (await stat(logPath(home)).catch(() => undefined))?.ino
}

/** Whole lines after `at` bytes, and where the next ones begin. */
async function readFrom(path: string, at: number): Promise<{ text: string; next: number }> {
  const file = await open(path).catch(() => undefined)
  if (file === undefined) return { text: '', next: at }
  try {
    const length = Math.max(0, (await file.stat()).size - at)
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at)
    const whole = buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1)
    return { text: whole.toString(), next: at + whole.byteLength }
  } finally {
    await file.close()
  }
}
