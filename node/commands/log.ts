import { type Logger, pino } from 'pino'
import pretty from 'pino-pretty'

/** Log lines on stderr: for people on a terminal, JSON otherwise. Never a secret, never a row of data. */
export function createLog(component: string): Logger {
  const options = { base: { component } }
  if (!process.stderr.isTTY) return pino(options, process.stderr)
  return pino(
    options,
    pretty({
      colorize: true,
      ignore: 'component',
      translateTime: 'HH:MM:ss',
      destination: 2,
      sync: true
    })
  )
}
