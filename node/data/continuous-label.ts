import { parseNumber } from './cell.ts'

/** Few runs have as many classes; with fewer values, fractions may well be grades ("1.5"). */
const MAX_LIKELY_CLASSES = 100

/** With fewer values a small file may show each of its classes once. */
const MIN_SCATTERED_VALUES = 20

/**
 * Whether labels look like numbers to predict rather than classes: all are numbers, and either there are many and most
 * are fractions, or there are fewer than two rows for each, so that there is no class to learn.
 *
 * `labels`: the labels of all rows, without missing ones.
 */
export function looksContinuous(labels: readonly string[]): boolean {
  const distinct = [...new Set(labels)]
  const numbers = distinct.map(parseNumber)
  if (numbers.includes(undefined)) return false
  const fractions = numbers.filter((value) => !Number.isInteger(value)).length
  const isFine = distinct.length > MAX_LIKELY_CLASSES && fractions > distinct.length / 2
  return isFine || (distinct.length > MIN_SCATTERED_VALUES && distinct.length > labels.length / 2)
}
