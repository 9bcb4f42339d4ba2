import { InvalidLimitError } from '../limits/invalid-limit-error.ts'

/** Which of a run's checkpoints a pinner keeps, as long as its quota lasts. The newest is always among them. */
export type PinningPolicy =
  | { readonly type: 'latest' }
  | { readonly type: 'last'; readonly count: number }
  /** The first of every so many rounds. */
  | { readonly type: 'every'; readonly rounds: number }
  | { readonly type: 'all' }

/** What a pinner keeps unless told otherwise: so many that a bad one does not cost everything (DESIGN 6). */
export const DEFAULT_POLICY = 'last:3'

/** More than a run has rounds (envelope, MAX_ROUNDS). */
const MAX_COUNT = 10_000_000

/** Throws InvalidLimitError. */
export function parsePolicy(text: string): PinningPolicy {
  const [, word, digits] = /^(latest|last|every|all)(?::(\d{1,8}))?$/.exec(text.trim()) ?? []
  const number = Number(digits)
  const isCount = digits !== undefined && number >= 1 && number <= MAX_COUNT
  if (word === 'last' && isCount) return { type: 'last', count: number }
  if (word === 'every' && isCount) return { type: 'every', rounds: number }
  if (digits === undefined && (word === 'latest' || word === 'all')) return { type: word }
  throw new InvalidLimitError('must be latest, last:N (the newest N), every:N (one in N rounds) or all.')
}

/** As `parsePolicy` reads it. */
export function formatPolicy(policy: PinningPolicy): string {
  if (policy.type === 'last') return `last:${policy.count}`
  return policy.type === 'every' ? `every:${policy.rounds}` : policy.type
}

/** True where a checkpoint counts although a newer one is known already. */
export function wantsEach({ type }: PinningPolicy): boolean {
  return type === 'all' || type === 'every'
}
