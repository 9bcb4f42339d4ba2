import { open, readFile } from 'node:fs/promises'
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
  const { text, end } = await readPart(logPath(home), BEGINNING)
  if (end.file === undefined && follow !== true) throw new NoLogError(resolve(home))
  for (const line of await lastLines(home, text, lines)) process.stdout.write(print(line))
  if (follow === true) await followLog(home, end, (line) => process.stdout.write(print(line)))
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

/** Shows what is appended after a position. */
async function followLog(home: string, from: Position, show: (line: string) => void): Promise<never> {
  const { signal, dispose } = interruptSignal()
  try {
    for (let position = from; ; await delay(POLL_MS, undefined, { signal })) {
      const { text, end } = await readPart(logPath(home), position)
      if (position.file !== undefined && end.file !== position.file) {
        // The log was begun anew since: what was added before that is in the older one.
        const rest = await readPart(olderLogPath(home), position)
        if (rest.end.file === position.file) for (const line of linesOf(rest.text)) show(line)
      }
      for (const line of linesOf(text)) show(line)
      position = end
    }
  } catch (error) {
    throw signal.aborted ? new ExitError(INTERRUPTED) : error
  } finally {
    dispose()
  }
}

/** How far a log was read. */
interface Position {
  /** Inode: tells a log from the one that is begun after it under the same name. Undefined where there is none yet. */
  readonly file: number | undefined
  readonly at: number
}

const BEGINNING: Position = { file: undefined, at: 0 }

/**
 * The whole lines of a log after a position, or all of them where it is another file than the position's; a line that is
 * being written is left for the next time. File and lines are of one handle: the log may be begun anew at any moment.
 */
async function readPart(path: string, from: Position): Promise<{ text: string; end: Position }> {
  const handle = await open(path).catch(() => undefined)
  if (handle === undefined) return { text: '', end: from }
  try {
    const { ino: file, size } = await handle.stat()
    const at = file === from.file ? from.at : 0
    const length = Math.max(0, size - at)
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(length), 0, length, at)
    const whole = buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1)
    return { text: whole.toString(), end: { file, at: at + whole.byteLength } }
  } finally {
    await handle.close()
  }
}
