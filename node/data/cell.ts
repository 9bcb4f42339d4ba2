/** What spreadsheets, R and pandas write for a cell without a value, in lower case. */
const MISSING = new Set(['', 'na', 'nan', 'null', '?'])

/** Decimal numbers only: `Number` would take '0x10', 'Infinity' and an empty cell as well. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

/** Whether a cell holds no value: empty, NA, NaN, null or ?, in any case. */
export function isMissing(cell: string): boolean {
  return MISSING.has(cell.trim().toLowerCase())
}

/** The finite decimal number in a cell, or undefined where there is none. */
export function parseNumber(cell: string): number | undefined {
  const text = cell.trim()
  if (!DECIMAL.test(text)) return undefined
  const value = Number(text)
  return Number.isFinite(value) ? value : undefined
}
