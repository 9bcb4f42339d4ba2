import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { TrainingRequest } from '../control/index.ts'
import { fingerprintOf } from '../data/index.ts'
import { type JoinedRun, joinedRuns } from '../run/joined-runs.ts'
import { UsageError } from './exit.ts'
import type { JoinOptions } from './join.ts'

/** Options that are a field of the request, word for word. */
const FIELDS = [
  'seed',
  'waitForLinks',
  'waitSeconds',
  'lingerSeconds',
  'engine',
  'maxCpu',
  'pauseOnMetered',
  'force'
] as const satisfies readonly (keyof TrainingRequest & keyof JoinOptions)[]

/** The rows that a home trained on are not what they were, or not there. */
class DataChangedError extends Error {
  override readonly name = 'DataChangedError'
  readonly code = 'ERR_DATA_CHANGED'
}

/**
 * What the home was last asked to train in, under whatever the user settles anew. Throws UsageError where there is nothing
 * to go on with, DataChangedError where the rows are gone or others, unless they are named anew.
 */
export async function requestToResume(
  options: JoinOptions,
  command: Command
): Promise<{ request: TrainingRequest; maxUpload?: number }> {
  const [joined] = await joinedRuns(options.home)
  if (joined === undefined) {
    throw new UsageError(
      `home ${options.home} has no run to go on with: name the invite and the rows, as in ` +
        '`starling join @invite.txt --data rows.csv`, or another home with --home'
    )
  }
  const isSettled = (name: string) => !['default', undefined].includes(command.getOptionValueSource(name))
  if (!isSettled('data')) await requireSameRows(joined)
  const given = Object.fromEntries(FIELDS.filter(isSettled).map((name) => [name, options[name]]))
  const maxUpload = isSettled('maxUpload') ? options.maxUpload : joined.maxUpload
  return {
    request: {
      ...joined.request,
      ...given,
      ...(options.data !== undefined && isSettled('data') ? { data: resolve(options.data) } : {}),
      ...(options.test === undefined ? {} : { test: resolve(options.test) }),
      ...(options.hours === undefined ? {} : { hours: options.hours.text })
    },
    ...(maxUpload === undefined ? {} : { maxUpload })
  }
}

async function requireSameRows({ request: { data }, name, fingerprint }: JoinedRun): Promise<void> {
  const found = await fingerprintOf(data).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
    throw new DataChangedError(
      `${data}, the rows that this home trains run "${name}" on, is not there: put it back, or name other rows with --data`
    )
  })
  if (found === fingerprint) return
  throw new DataChangedError(
    `${data} has changed since this home trained run "${name}" on it: name it with --data to go on with it as it is now, ` +
      'or put the old file back'
  )
}
