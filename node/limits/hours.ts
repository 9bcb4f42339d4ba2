import { InvalidLimitError } from './invalid-limit-error.ts'

const MINUTES_PER_HOUR = 60
const DAY_MINUTES = 24 * MINUTES_PER_HOUR

interface Range {
  /** Minutes after local midnight. */
  readonly from: number
  /** Not after `from` for a range over midnight. */
  readonly to: number
}

/**
 * Hours of the day, by the wall clock of this machine: what the clock on the wall says decides, so that a change to
 * summer time or a clock set back needs no care. Where an hour is skipped, a range that begins in it begins after it.
 */
export class Hours {
  /** As it was written. */
  readonly text: string
  readonly #ranges: readonly Range[]

  /** Reads `20:00-06:00`, or several ranges with commas between them. Throws InvalidLimitError. */
  constructor(text: string) {
    this.text = text
    this.#ranges = text.split(',').map(parseRange)
  }

  /** Whether a moment lies inside. */
  includes(time: Date): boolean {
    const minute = time.getHours() * MINUTES_PER_HOUR + time.getMinutes()
    return this.#ranges.some(({ from, to }) =>
      from < to ? minute >= from && minute < to : minute >= from || minute < to
    )
  }

  /** The next moment after `time` at which a range begins, as clocks say it: `20:00`. */
  nextStart(time: Date): string {
    const minute = time.getHours() * MINUTES_PER_HOUR + time.getMinutes()
    const wait = ({ from }: Range) => (from - minute + DAY_MINUTES - 1) % DAY_MINUTES
    const { from } = this.#ranges.reduce((a, b) => (wait(b) < wait(a) ? b : a))
    return `${twoDigits(Math.floor(from / MINUTES_PER_HOUR))}:${twoDigits(from % MINUTES_PER_HOUR)}`
  }
}

function parseRange(text: string): Range {
  const times = /^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/.exec(text)
  const [, fromHour, fromMinute, toHour, toMinute] = times?.map(Number) ?? []
  const from = minuteOf(fromHour, fromMinute)
  const to = minuteOf(toHour, toMinute)
  if (from === undefined || to === undefined || from === DAY_MINUTES || from === to % DAY_MINUTES) {
    throw new InvalidLimitError(
      'must be times of the day such as 20:00-06:00, or 12:00-13:00,20:00-06:00 for several ranges.'
    )
  }
  return { from, to }
}

function minuteOf(hour = Number.NaN, minute = Number.NaN): number | undefined {
  const total = hour * MINUTES_PER_HOUR + minute
  return minute < MINUTES_PER_HOUR && total <= DAY_MINUTES ? total : undefined
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}
