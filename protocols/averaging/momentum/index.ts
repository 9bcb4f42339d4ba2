/**
 * Rules of momentum across rounds (ALGORITHMS 1 and 3).
 *
 * ```ts
 * import { createMomentum } from './protocols/averaging/momentum/index.ts'
 *
 * const momentum = createMomentum(2, { momentum: 'nesterov', mu: 0.9, kappa: 0.5, outerStep: 0.7 })
 * const target = new Float32Array(2)
 * momentum.aim(target, Float32Array.of(0, 0), Float32Array.of(1, 0), { driftWeight: 1, isOn: true }) // (1.33, 0)
 * ```
 */
import type { Momentum } from './momentum.ts'
import { NesterovMomentum } from './nesterov.ts'
import { QuasiGlobalMomentum } from './quasi-global.ts'

export type { Momentum } from './momentum.ts'

export const MOMENTUM_RULES = ['quasi-global', 'nesterov', 'none'] as const
export type MomentumRule = (typeof MOMENTUM_RULES)[number]

export interface MomentumRules {
  /** `quasi-global` where it is left out; `none` is the same with `mu` 0. */
  readonly momentum?: MomentumRule
  /** Weight of momentum in a round's step; 0 turns it off. */
  readonly mu: number
  /** Quasi-global: share of the newest step in the momentum. */
  readonly kappa: number
  /** Nesterov: DiLoCo's outer learning rate; 0.7 where it is left out. */
  readonly outerStep?: number
}

/** The outer learning rate of DiLoCo (Douillard et al. 2023), with mu .9: ALGORITHMS 3. */
const DILOCO_OUTER_STEP = 0.7

/** Momentum for vectors of `length` parameters, nothing remembered yet. */
export function createMomentum(length: number, rules: MomentumRules): Momentum {
  const { momentum = 'quasi-global', mu, kappa, outerStep: step = DILOCO_OUTER_STEP } = rules
  if (momentum === 'nesterov') return new NesterovMomentum(length, { mu, step })
  return new QuasiGlobalMomentum(length, { mu: momentum === 'none' ? 0 : mu, kappa })
}
