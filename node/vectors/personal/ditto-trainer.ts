import {
  type Features,
  type Metrics,
  type Split,
  type Trainer,
  TrainingDivergedError,
  type TrainOptions,
  type TrainReport
} from '../../training/index.ts'
import type { PersonalTrainer } from './personal-trainer.ts'

export interface DittoInit {
  /** Trains the common model. */
  readonly common: Trainer
  /** Trains the personal one on the same rows: with an order of rows and a memory of its own, it leaves those of `common` alone. */
  readonly own: Trainer
  /** How hard the personal model is drawn to the common one. */
  readonly lambda: number
}

/**
 * Ditto (Li et al. 2021, algorithm 1): beside the common model `phi` a personal one,
 * `v <- v - lr * (grad F_i(v) + lambda * (v - phi))`, with as many steps a round and through the same optimiser. `phi` is
 * the common model as the round began; it is trained as it would be without, and `v` is never published.
 */
export class DittoTrainer implements PersonalTrainer {
  readonly parameterCount: number
  readonly whole: Pick<Trainer, 'evaluate' | 'predict'>
  readonly #init: DittoInit
  /** `phi` at the beginning of the round, shape [n]. */
  readonly #centre: Float32Array
  /** `v`, shape [n]; before the first round there is none: it begins where the common model does then. */
  #model: Float32Array | undefined

  constructor(init: DittoInit) {
    this.#init = init
    this.whole = init.own
    this.parameterCount = init.common.parameterCount
    this.#centre = new Float32Array(this.parameterCount)
  }

  /** The report is of the common model; its time is that of both. */
  async train(parameters: Float32Array, steps: number, options: TrainOptions = {}): Promise<TrainReport> {
    this.#centre.set(parameters)
    const report = await this.#init.common.train(parameters, steps, options)
    return { ...report, ms: report.ms + (await this.#trainOwn(steps, options)) }
  }

  /** Returns milliseconds. What is asked of the common model beyond rate and order is not for the personal one. */
  async #trainOwn(steps: number, { seed, learningRate, signal }: TrainOptions): Promise<number> {
    const { own, lambda } = this.#init
    this.#model ??= this.#centre.slice()
    const options = {
      ...(seed === undefined ? {} : { seed }),
      ...(learningRate === undefined ? {} : { learningRate }),
      ...(signal === undefined ? {} : { signal }),
      proximal: { centre: this.#centre, lambda }
    }
    try {
      return (await own.train(this.#model, steps, options)).ms
    } catch (error) {
      if (!(error instanceof TrainingDivergedError)) throw error
      // The common model is none the worse for it, and what the personal one begins again from.
      this.#model.set(this.#centre)
      return 0
    }
  }

  personalModel(shared: Float32Array): Float32Array<ArrayBuffer> {
    return new Float32Array(this.#model ?? shared)
  }

  restore(model: Float32Array): void {
    this.#model = model.slice()
  }

  evaluate(parameters: Float32Array, split: Split): Promise<Metrics> {
    return this.#init.common.evaluate(parameters, split)
  }

  predict(parameters: Float32Array, rows: Features): Promise<Float32Array> {
    return this.#init.common.predict(parameters, rows)
  }

  async close(): Promise<void> {
    await this.#init.common.close()
    await this.#init.own.close()
  }
}
