/**
 * Why a record was refused. A closed list: what the network sends is counted by reason
 * (`starling_envelope_refused_records_total`), and a label that a stranger can choose would be an unbounded metric.
 *
 * The first group is decided in this folder from the bytes alone; the second needs state and is decided by the protocols.
 */
export const REFUSAL_REASONS = [
  'oversized',
  'truncated',
  'version',
  'shape',
  'range',
  'non-finite',
  'contradiction',
  'unsupported',
  'unknown-codec',
  'unknown-critical',
  'payload-mismatch',
  'signature',

  'wrong-run',
  'wrong-author',
  'equivocation',
  'replayed',
  'gap',
  'wrong-length',
  'state-mismatch',
  'rate',
  'not-member'
] as const

export type RefusalReason = (typeof REFUSAL_REASONS)[number]

/** The one error that parsing or sealing a record throws. The message names the record, the field and the value. */
export class InvalidRecordError extends Error {
  override readonly name = 'InvalidRecordError'
  readonly code = 'ERR_INVALID_RECORD'
  readonly reason: RefusalReason

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options)
    this.reason = reason
  }
}

/** The identity cannot sign records: Starling's author names are Ed25519 keys and nothing else. */
export class UnsupportedKeyError extends Error {
  override readonly name = 'UnsupportedKeyError'
  readonly code = 'ERR_UNSUPPORTED_KEY'

  constructor(type: string) {
    super(`records are signed with Ed25519, this identity is ${type}: make a new one with \`starling identity renew\``)
  }
}
