import type { ReplayReport } from '../simulate/replay/index.ts'
import { UsageError } from './exit.ts'
import type { Say } from './progress.ts'

/** A recording says everything else. */
const MEANT = new Set(['replay', 'json'])

export interface ReplayCall {
  /** Folder of the recording. */
  readonly folder: string
  /** Names of the options that stand on the command line. */
  readonly given: readonly string[]
  readonly signal: AbortSignal
  readonly say: Say
}

/** Plays a recorded run again. Throws UsageError for any other option, ReplayMismatchError at the first difference. */
export async function replay({ folder, given, signal, say }: ReplayCall): Promise<ReplayReport> {
  const stray = given.find((name) => !MEANT.has(name))
  if (stray !== undefined) {
    const flag = stray.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
    throw new UsageError(`--replay plays what was recorded, --${flag} asks for something else: leave one of them out`)
  }
  const { replayRecording } = await import('../simulate/replay/index.ts')
  return replayRecording(folder, {
    signal,
    onProgress: ({ deltas, heldCopies }) => say(`${deltas} deltas, ${heldCopies} held copies the same`)
  })
}

export function describeReplay({ peers, deltas, heldCopies, seconds }: ReplayReport): string {
  return (
    `${peers} peers, ${deltas} deltas, ${heldCopies} copies of neighbours: every payload and every public copy is the ` +
    `recorded one, bit for bit (${seconds.toFixed(1)} s)`
  )
}
