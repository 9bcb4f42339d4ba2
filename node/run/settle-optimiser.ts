import type { Task, TrainingPlan } from '../../protocols/envelope/index.ts'
import type { RunPlan } from './run-plan.ts'

/** The usual momentum (Sutskever et al. 2013, table 1). */
const MOMENTUM = 0.9

const LEARNING_RATE = { classification: 0.1, regression: 0.01 } as const
const ADAM_LEARNING_RATE = 0.002

/** The local optimiser in full: what was not chosen follows from what was, and from the task. */
export function settleOptimiser(
  { optimiser, momentum, learningRate }: Pick<RunPlan, 'optimiser' | 'momentum' | 'learningRate'>,
  task: Task['kind']
): Pick<TrainingPlan, 'optimiser' | 'momentum' | 'learningRate'> {
  const kind = optimiser ?? (momentum === undefined || momentum === 0 ? 'sgd' : 'momentum')
  return {
    optimiser: kind,
    momentum: momentum ?? (kind === 'momentum' ? MOMENTUM : 0),
    learningRate: learningRate ?? (kind === 'adam' ? ADAM_LEARNING_RATE : LEARNING_RATE[task])
  }
}
