import type { AveragingRules } from '../../protocols/averaging/index.ts'
import type { RunManifest } from '../../protocols/envelope/index.ts'

/** What a run's manifest fixes of the arithmetic. */
export function averagingRulesOf({ codec, momentum, beta, gamma, rule, b }: RunManifest['averaging']): AveragingRules {
  const { rule: name, ...constants } = momentum
  return { codec, momentum: name, ...constants, beta, gamma, rule, b }
}
