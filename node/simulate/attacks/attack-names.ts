/** Names of all attacks, apart from their code: a command line names them without loading it. */
export const ATTACK_NAMES = [
  'alie',
  'ipm',
  'sign-flip',
  'sign-flip-x10',
  'label-flip',
  'gaussian',
  'scale-x1000',
  'dissensus',
  'adaptive',
  'adaptive-memory',
  'equivocation',
  'stale-replay',
  'free-rider'
] as const

export type AttackName = (typeof ATTACK_NAMES)[number]
