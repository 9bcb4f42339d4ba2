import { InvalidLimitError } from './invalid-limit-error.ts'

/** Less than this a peer uses for its links alone; and `0.5` or `1.5` are mistakes for 50 and 150. */
const LEAST_PERCENT = 5

/** Cores from a percentage of one core: `50%` or `50` is half a core, `150%` one and a half. */
export function parseCpuShare(text: string): number {
  const [, number] = /^([0-9.]+)\s*%?$/.exec(text.trim()) ?? []
  const percent = Number(number)
  if (percent >= LEAST_PERCENT) return percent / 100
  throw new InvalidLimitError('must be a percentage of one core such as 50% (150% is one and a half), at least 5%.')
}
