/** Values in messages come from strangers; this much identifies one. */
const MAX_SHOWN_CHARACTERS = 60

/**
 * A value from a record, short enough for one line of a log and without control characters. Never throws, whatever a
 * decoder may return (`JSON.stringify` does on a bigint).
 */
export function showValue(value: unknown): string {
  if (typeof value === 'string') {
    return JSON.stringify(value.length > MAX_SHOWN_CHARACTERS ? `${value.slice(0, MAX_SHOWN_CHARACTERS)}…` : value)
  }
  if (value instanceof Uint8Array) {
    return `${value.length} bytes`
  }
  if (Array.isArray(value)) {
    return `a list of ${value.length}`
  }
  return typeof value === 'object' && value !== null ? 'an object' : String(value)
}
