import type { Logger } from 'pino'

/** Log lines on stderr: for people on a terminal, JSON otherwise. Never a secret, never a row of data. */
export async function createLog(component: string, level = 'info'): Promise<Logger> {
  const { pino } = await import('pino')
  const options = { base: { component }, level }
  if (!process.stderr.isTTY) return pino(options, process.stderr)
  const { default: pretty } = await import('pino-pretty')
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
