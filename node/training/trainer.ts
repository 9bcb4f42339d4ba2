import type { AbortOptions } from '@libp2p/interface'

/** Which rows a trainer measures on: those it trains on, or those that it never shows to the optimiser. */
export type Split = 'training' | 'heldOut'

/** Encoded rows without labels. */
export interface Features {
  /** Shape [count, inputs], row after row. */
  readonly values: Float32Array
  readonly count: number
}

/** One finished step of a `train()` call. */
export interface StepReport {
  /** 1 for the first step of the call. */
  readonly step: number
  /** Mean loss of the step's batch, before the step's update. */
  readonly loss: number
}

/** A pull towards `centre`: adds `lambda * (parameters - centre)` to every gradient (Li et al. 2020, FedProx). */
export interface Proximal {
  /** Shape [parameterCount]. */
  readonly centre: Float32Array
  readonly lambda: number
}

export interface TrainOptions extends AbortOptions {
  /** Names the order in which rows are drawn. A new seed starts a new order; the same or no seed continues the old one. */
  readonly seed?: number
  /** For this call only. Default: the rate that the trainer was created with. */
  readonly learningRate?: number
  readonly onStep?: (step: StepReport) => void
  /** Shape [parameterCount]: added to every gradient (drift correction; Karimireddy et al. 2020, SCAFFOLD). */
  readonly correction?: Float32Array
  readonly proximal?: Proximal
  /** Largest L2 norm of one example's gradient (example-level privacy; Abadi et al. 2016). */
  readonly perExampleClip?: number
}

export interface TrainReport {
  readonly steps: number
  /** Mean over the call's sampled steps of the batch loss before the step's update. NaN if `steps` is 0. */
  readonly loss: number
  /** Wall clock, pauses for other work on the thread included. */
  readonly ms: number
}

/** What was measured; besides the loss either `accuracy` or `rmse`, by the task. */
export interface Metrics {
  /** Rows measured. */
  readonly n: number
  /** Mean over the rows: cross-entropy in nats, or the squared error of encoded labels. */
  readonly loss: number
  /** Of a classification: fraction of rows whose most probable class is their label. */
  readonly accuracy?: number
  /** Of a regression: root of the mean squared error, in the label's own unit. */
  readonly rmse?: number
}

/**
 * Trains one model on one owner's rows. Parameters are one flat float32 vector in the topology's order; it belongs to
 * the caller and may be backed by shared memory. What the optimiser remembers belongs to the trainer: it is kept from
 * one `train()` to the next and starts at zero in a new trainer, hence after a restart.
 */
export interface Trainer {
  /** Length of the vector that the other methods expect. */
  readonly parameterCount: number

  /** Takes `steps` optimiser steps, in place. An aborted call leaves the parameters as its last full step did. */
  train(parameters: Float32Array, steps: number, options?: TrainOptions): Promise<TrainReport>

  /** Measures the parameters on every row of a split. */
  evaluate(parameters: Float32Array, split: Split, options?: AbortOptions): Promise<Metrics>

  /**
   * What the model says of the rows: class probabilities, shape [rows.count, classes], or encoded numbers, shape
   * [rows.count].
   */
  predict(parameters: Float32Array, rows: Features, options?: AbortOptions): Promise<Float32Array>

  /** Frees what the trainer holds; calls under way reject with TrainerClosedError. Closing twice is harmless. */
  close(): Promise<void>
}
