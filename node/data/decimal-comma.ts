import { isMissing } from './cell.ts'

const WITH_COMMA = /^[+-]?\d*,\d+(e[+-]?\d+)?$/i
const WITH_POINT = /^[+-]?\d*\.\d*(e[+-]?\d+)?$/i

/**
 * Turns decimal commas into points, in place, in every column that has some and no number with a point: there a comma
 * can mean nothing else. Thousands separators are not guessed at. Only for tables whose cells no comma separates.
 * Returns the numbers of the columns. `rows`: shape [rows][columns].
 */
export function replaceDecimalCommas(rows: readonly string[][], columnCount: number): number[] {
  return Array.from({ length: columnCount }, (_, column) => column).filter((column) => {
    const hasPoints = rows.some((row) => WITH_POINT.test(row[column]!.trim()))
    const found = hasPoints ? [] : rows.filter((row) => hasDecimalComma(row[column]!))
    for (const row of found) row[column] = row[column]!.replace(',', '.')
    return found.length > 0
  })
}

function hasDecimalComma(cell: string): boolean {
  return !isMissing(cell) && WITH_COMMA.test(cell.trim())
}
