import {
  type Features,
  type Metrics,
  NotSupportedError,
  type SharedPart,
  type Split,
  type Trainer,
  TrainingDivergedError,
  type TrainOptions,
  type TrainReport
} from '../../training/index.ts'
import type { PersonalTrainer } from './personal-trainer.ts'

export interface LocalHeadInit {
  /** Trains the whole model. */
  readonly whole: Trainer
  readonly shared: SharedPart
  /** The whole model that everybody begins with, shape [N]. */
  readonly initial: Float32Array
}

/**
 * Layers that stay here (Arivazhagan et al. 2019, FedPer): the whole model is trained as one, and only the shared vector,
 * shape [n], is seen from outside. Whoever evaluates or predicts with a shared vector does so with this peer's layers.
 */
export class LocalHeadTrainer implements PersonalTrainer {
  readonly parameterCount: number
  readonly whole: Trainer
  readonly #shared: SharedPart
  /** Shape [N]. Its local layers are this peer's; its shared ones are scratch. */
  readonly #model: Float32Array
  /** The model before a call of `train`, shape [N]: local layers that diverged would spoil every round to come. */
  readonly #before: Float32Array

  constructor({ whole, shared, initial }: LocalHeadInit) {
    this.whole = whole
    this.parameterCount = shared.layout.parameterCount
    this.#shared = shared
    this.#model = initial.slice()
    this.#before = initial.slice()
  }

  async train(parameters: Float32Array, steps: number, options: TrainOptions = {}): Promise<TrainReport> {
    const { correction, proximal, ...rest } = options
    if (proximal !== undefined) throw new NotSupportedError('proximal', 'a run has local layers or a pull, not both')
    this.#before.set(this.#model)
    this.#shared.put(parameters, this.#model)
    try {
      return await this.whole.train(this.#model, steps, {
        ...rest,
        ...(correction === undefined ? {} : { correction: this.#widen(correction) })
      })
    } catch (error) {
      if (error instanceof TrainingDivergedError) this.#model.set(this.#before)
      throw error
    } finally {
      this.#shared.take(this.#model, parameters)
    }
  }

  /** A vector of the shared part as one of the whole, 0 for the local layers. */
  #widen(shared: Float32Array): Float32Array {
    const whole = new Float32Array(this.#model.length)
    this.#shared.put(shared, whole)
    return whole
  }

  personalModel(shared: Float32Array): Float32Array<ArrayBuffer> {
    const model = new Float32Array(this.#model)
    this.#shared.put(shared, model)
    return model
  }

  restore(model: Float32Array): void {
    this.#model.set(model)
  }

  evaluate(parameters: Float32Array, split: Split): Promise<Metrics> {
    return this.whole.evaluate(this.personalModel(parameters), split)
  }

  predict(parameters: Float32Array, rows: Features): Promise<Float32Array> {
    return this.whole.predict(this.personalModel(parameters), rows)
  }

  close(): Promise<void> {
    return this.whole.close()
  }
}
