import type { RunManifest, Task } from '../../protocols/envelope/index.ts'
import type { RunPlan } from './run-plan.ts'

/**
 * Weight of quasi-global momentum, less for long rounds: its steady gain is `1 / (1 - mu)`, and many local steps of unlike
 * peers drift far by themselves. Measured in lock-step on digits, 10 peers, H = 22, learning rate .1, int4, three splits
 * of Dirichlet .5 and one of .1: mu .7 ends 0.0 to 1.7 points above mu .9 and -0.6 to +0.6 of mu .8, and it is the one
 * that loses least to a server (worst case -0.6).
 *
 * Numbers get the same at any length: the slope of a squared error has no bound, and mu .9 swings. Error of the flock over
 * that of the server, H = 8, mu .7 and .9: WDBC's mean_area 0.75 and 0.43 with Adam, 0.71 and 0.52 with plain descent;
 * a bent plane, 240 rows, `mlp:16`, 0.76 and 2.1 to 2.6 with Adam, 0.72 and 0.6 to 1.9 with plain descent.
 *
 * Robust runs get it too, whatever the length: what liars add to a mix momentum repeats as it does the rest, ten times with .9.
 * Worst peer, `or-memory`, H = 8, mu .9, .7 and .5: dissensus 74.9, 77.4 and 81.6 at Dirichlet .1, 85.2, 88.6 and 90.5 at .5, ALIE 87.7,
 * 88.9 and 87.7 at .1, one seed each; nobody lying 96.8, 97.5 and 96.2, two seeds.
 */
const MOMENTUM = { short: 0.9, long: 0.7 } as const
const LONG_ROUND_STEPS = 16

/** DiLoCo's outer optimiser (Douillard et al. 2023), the alternative of ALGORITHMS 3. */
const DILOCO = { mu: 0.9, kappa: 0, outerStep: 0.7 } as const

/** Neighbours to aim for (ALGORITHMS 1); a budget of a quarter of them is the design's (ALGORITHMS 4). */
const NEIGHBOURS = { mean: 6, robust: 8 } as const

type Choices = Pick<RunPlan, 'codec' | 'k' | 'rule' | 'byzantine' | 'momentumRule' | 'localSteps'>

/**
 * How a run averages, as far as its creator chose, the rest by what the task and the rule need. What contradicts itself is
 * the manifest's to refuse.
 */
export function settleAveraging(plan: Choices, task: Task['kind']): RunManifest['averaging'] {
  const { codec, rule = 'mean', k = rule === 'mean' ? NEIGHBOURS.mean : NEIGHBOURS.robust } = plan
  const { byzantine: b = rule === 'mean' ? 0 : Math.floor(k / 4) } = plan
  return { codec, k, momentum: momentumOf(plan, task), beta: 0.5, gamma: 1, rule, b }
}

function momentumOf(
  { momentumRule: rule = 'quasi-global', rule: mixing = 'mean', localSteps }: Choices,
  task: Task['kind']
): RunManifest['averaging']['momentum'] {
  if (rule === 'none') return { rule, mu: 0, kappa: 0 }
  if (rule === 'nesterov') return { rule, ...DILOCO }
  const isShort = localSteps < LONG_ROUND_STEPS && task === 'classification' && mixing === 'mean'
  return { rule, mu: isShort ? MOMENTUM.short : MOMENTUM.long, kappa: 0.5 }
}
