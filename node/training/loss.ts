import type { Task, TrainingPlan } from '../../protocols/envelope/index.ts'
import type { Labels } from '../data/index.ts'
import { meanSquaredError } from './mean-squared-error.ts'
import { softmaxCrossEntropy } from './softmax-cross-entropy.ts'
import type { Metrics, Split } from './trainer.ts'

export type LossKind = TrainingPlan['loss']

/**
 * What a model's outputs are for: how far they are from the labels, which way is downhill, and what they mean. Computed
 * on the host: a batch of outputs is a few hundred numbers, for which a call into a tensor engine costs more than the
 * arithmetic. `outputs` has shape [labels.length, width]; an output that is not finite makes the loss NaN or infinite,
 * never an exception.
 */
export interface Loss {
  readonly kind: LossKind
  /** Throws TrainerArgumentError for a label that no output can be compared with. */
  requireLabels(split: Split, labels: Labels, width: number): void
  /** Replaces outputs by the gradient of the mean loss with respect to them; returns that loss. */
  replaceByGradient(outputs: Float32Array, labels: Labels, width: number): number
  /** Turns outputs into what `Trainer.predict` returns, in place. */
  predictInPlace(outputs: Float32Array, width: number): void
  createMeter(width: number): LossMeter
}

/** Adds up what is measured, a few rows at a time. */
export interface LossMeter {
  add(outputs: Float32Array, labels: Labels): void
  /** Of all rows so far, at least one. */
  readonly metrics: Metrics
}

/** The loss of a run's task. */
export function createLoss(task: Task): Loss {
  return task.kind === 'regression' ? meanSquaredError(task.target.scale) : softmaxCrossEntropy
}
