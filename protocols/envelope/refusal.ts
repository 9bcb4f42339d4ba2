import type { z } from 'zod'
import type { RefusalReason } from './errors.ts'
import { InvalidRecordError } from './errors.ts'
import { showValue } from './show-value.ts'

type Issue = z.core.$ZodIssue

/** The order in which a record's faults are told: what it is made of, then what it says (DESIGN 4). */
const REASON_ORDER: readonly RefusalReason[] = ['shape', 'unknown-codec', 'unsupported', 'range', 'non-finite']

/** The first of zod's findings, in the order above, as one error that names the field and its value. */
export function refusalOf(name: string, record: unknown, error: z.ZodError): InvalidRecordError {
  const faults = error.issues.map((issue) => {
    const value = valueAt(record, issue.path)
    return { issue, value, reason: reasonOf(issue, value) }
  })
  const { issue, value, reason } = faults.reduce((first, next) =>
    REASON_ORDER.indexOf(next.reason) < REASON_ORDER.indexOf(first.reason) ? next : first
  )
  const path = issue.path.map(String).join('.')
  return new InvalidRecordError(reason, `${name}: ${path} ${describe(issue, value)}`, { cause: error })
}

function reasonOf(issue: Issue, value: unknown): RefusalReason {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return 'non-finite'
  }
  switch (issue.code) {
    case 'too_small':
    case 'too_big':
    case 'not_multiple_of':
    case 'invalid_format':
      return 'range'
    case 'invalid_value':
    case 'invalid_union':
      if (value === undefined) {
        return 'shape'
      }
      return issue.path.at(-1) === 'codec' ? 'unknown-codec' : 'unsupported'
    case 'invalid_type':
      return typeof value === 'number' ? 'range' : 'shape' // A fraction where an integer belongs.
    default:
      return 'shape'
  }
}

function describe(issue: Issue, value: unknown): string {
  if (value === undefined) {
    return 'is missing'
  }
  if (issue.code === 'invalid_value') {
    return `is ${showValue(value)}: this version knows only ${issue.values.map(showValue).join(', ')}`
  }
  if (issue.code === 'invalid_union') {
    return `is ${showValue(value)}: this version does not know it (${issue.message})`
  }
  if (issue.code === 'custom') {
    return issue.message
  }
  return `is ${showValue(value)}: ${issue.message}`
}

function valueAt(record: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    record
  )
}
