import type { CpuPacer } from '../limits/index.ts'
import type { Features, Metrics, Split, Trainer, TrainOptions, TrainReport } from '../training/index.ts'

/** Steps go on for about this long before the CPU they used is looked at: short beside what may be made good. */
const SLICE_MS = 25

/**
 * A trainer that waits between slices of its local steps, so that the process stays under its share of the CPU.
 *
 * `ms` leaves the waits out: neighbours take it for the time that a round's work takes, and wait twice as long for a
 * delta. Who limits itself is slower than its neighbours by its own choice, and they do not wait for that.
 */
export class PacedTrainer implements Trainer {
  readonly parameterCount: number
  readonly #trainer: Trainer
  readonly #pacer: Pick<CpuPacer, 'wait'>

  constructor(trainer: Trainer, pacer: Pick<CpuPacer, 'wait'>) {
    this.parameterCount = trainer.parameterCount
    this.#trainer = trainer
    this.#pacer = pacer
  }

  async train(parameters: Float32Array, steps: number, options?: TrainOptions): Promise<TrainReport> {
    let done = 0
    let ms = 0
    let lossSum = 0
    let stepMs = 0
    while (done < steps) {
      await this.#pacer.wait()
      const size = stepMs === 0 ? 1 : Math.max(1, Math.round(SLICE_MS / stepMs))
      const slice = await this.#trainer.train(parameters, Math.min(size, steps - done), options)
      done += slice.steps
      ms += slice.ms
      lossSum += slice.steps * slice.loss
      stepMs = ms / done
    }
    return { steps: done, loss: lossSum / done, ms }
  }

  evaluate(parameters: Float32Array, split: Split): Promise<Metrics> {
    return this.#trainer.evaluate(parameters, split)
  }

  predict(parameters: Float32Array, rows: Features): Promise<Float32Array> {
    return this.#trainer.predict(parameters, rows)
  }

  close(): Promise<void> {
    return this.#trainer.close()
  }
}
