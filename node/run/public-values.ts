import { peerText } from '../../protocols/links/index.ts'

/** One value that others will see, by its place in the record. */
export interface PublicValue {
  readonly name: string
  readonly value: string
}

/**
 * Every value in a manifest, or in a part of one: nothing is left out, whatever fields a later version adds. A column, a
 * class or another element of a list that is an object has a line of its own.
 */
export function publicValues(record: object, prefix = ''): PublicValue[] {
  return Object.entries(record).flatMap(([key, value]) => valuesAt(prefix === '' ? key : `${prefix}.${key}`, value))
}

function valuesAt(name: string, value: unknown): PublicValue[] {
  if (Array.isArray(value)) {
    if (!value.some(isPlainObject)) return [{ name, value: value.map(inOneLine).join(', ') }]
    return value.map((element) => ({ name, value: inOneLine(element) }))
  }
  if (isPlainObject(value)) return publicValues(value, name)
  return [{ name, value: textOf(value) }]
}

function inOneLine(value: unknown): string {
  if (Array.isArray(value)) return value.map(inOneLine).join(' | ')
  if (!isPlainObject(value)) return textOf(value)
  return Object.entries(value)
    .map(([key, part]) => `${key} ${inOneLine(part)}`)
    .join(', ')
}

/** Values below each other, indented by two. */
export function alignValues(values: readonly PublicValue[]): string {
  const width = Math.max(...values.map(({ name }) => name.length))
  return values.map(({ name, value }) => `  ${name.padEnd(width)}  ${value}\n`).join('')
}

/** What would move the cursor or disguise a name: column names come from files, and those from anywhere. */
const UNPRINTABLE = /[\p{Cc}\p{Bidi_Control}]/gu

/** Bytes are peer ids or hashes; links show as the CID that they are. */
function textOf(value: unknown): string {
  if (value instanceof Uint8Array) return value.length === 32 ? Buffer.from(value).toString('hex') : peerText(value)
  return value === null ? 'none' : String(value).replaceAll(UNPRINTABLE, '\uFFFD')
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype
}
