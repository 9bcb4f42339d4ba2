import type { AveragingRules } from '../../protocols/averaging/index.ts'
import type { RunManifest } from '../../protocols/envelope/index.ts'

/** What a run's manifest fixes of the arithmetic. */
export function averagingRulesOf({ codec, momentum, beta, gamma }: RunManifest['averaging']): AveragingRules {
  return { codec, mu: momentum.rule === 'none' ? 0 : momentum.mu, kappa: momentum.kappa, beta, gamma }
}
