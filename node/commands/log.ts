import type { Logger } from 'pino'
import { LogFile } from './log-file.ts'

/** How a line reads on a terminal; that of one run among several begins with the run's name. */
const FOR_PEOPLE = {
  ignore: 'component,run,runName,code',
  translateTime: 'HH:MM:ss',
  messageFormat: '{if runName}{runName}: {end}{msg}'
} as const

/** A peer's log lines on stderr, and in its home once there is one. */
export interface PeerLog {
  readonly logger: Logger
  /** From now on lines are kept in this home too. */
  keepIn(home: string): void
  close(): void
}

/** Log lines on stderr: for people on a terminal, JSON otherwise. Never a secret, never a row of data. */
export async function createLog(component: string, level = 'info'): Promise<PeerLog> {
  const { multistream, pino } = await import('pino')
  const terminal = process.stderr.isTTY
    ? (await import('pino-pretty')).default({ ...FOR_PEOPLE, colorize: true, destination: 2, sync: true })
    : process.stderr
  const streams = multistream([{ stream: terminal, level: 'debug' }])
  let file: LogFile | undefined
  return {
    logger: pino({ base: { component }, level }, streams),
    keepIn: (home) => {
      file = new LogFile(home)
      streams.add({ stream: file, level: 'debug' })
    },
    close: () => file?.close()
  }
}

/** Turns a line of a log into one for people. */
export async function linePrinter(colorize: boolean): Promise<(line: string) => string> {
  const { prettyFactory } = await import('pino-pretty')
  return prettyFactory({ ...FOR_PEOPLE, translateTime: 'SYS:yyyy-mm-dd HH:MM:ss', colorize })
}
