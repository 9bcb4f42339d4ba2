import { type Command, InvalidArgumentError } from 'commander'
import { parseCpuShare } from '../limits/cpu-share.ts'
import { Hours } from '../limits/hours.ts'
import { InvalidLimitError } from '../limits/invalid-limit-error.ts'
import { parseUploadRate } from '../limits/upload-rate.ts'

/** What the owner lets a peer that serves others have. */
export interface UploadOptions {
  /** Bytes a second. */
  readonly maxUpload?: number
  /** Goes on where the estimate says that memory or disk will not do. */
  readonly force?: boolean
}

/** What the owner lets a peer that trains have, and when. */
export interface LimitOptions extends UploadOptions {
  /** Cores. */
  readonly maxCpu?: number
  readonly hours?: Hours
  readonly pauseOnMetered?: boolean
}

export function addUploadOptions(command: Command): Command {
  return command
    .option(
      '--max-upload <rate>',
      'most to send, all connections together: 500kB/s, 2MB/s or 10Mbit/s',
      limit(parseUploadRate)
    )
    .option('--force', 'try it even if the estimate says that memory or disk will not do')
}

export function addLimitOptions(command: Command): Command {
  return addUploadOptions(command)
    .option('--max-cpu <percent>', 'share of one core for the whole peer, on average: 50%, 150%', limit(parseCpuShare))
    .option(
      '--hours <ranges>',
      'train only at these times of the day: 20:00-06:00, or several with commas',
      limit((text) => new Hours(text))
    )
    .option('--pause-on-metered', 'train only while NetworkManager does not call the network metered')
}

/** A parser of options whose errors commander prints. */
export function limit<T>(parse: (text: string) => T): (text: string) => T {
  return (text) => {
    try {
      return parse(text)
    } catch (error) {
      throw error instanceof InvalidLimitError ? new InvalidArgumentError(error.message) : error
    }
  }
}
