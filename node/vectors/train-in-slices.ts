import type { CpuPacer } from '../limits/index.ts'
import type { Trainer, TrainOptions } from '../training/index.ts'

/** Steps go on for about this long before the CPU they used is looked at: short beside what may be made good. */
const SLICE_MS = 25

export interface SlicedTraining {
  readonly trainer: Trainer
  readonly pacer: Pick<CpuPacer, 'wait'>
  /** Shape [n], trained in place. */
  readonly parameters: Float32Array
  readonly steps: number
  readonly options: TrainOptions
}

/**
 * Local steps with waits between them, so that the process stays under its share of the CPU.
 *
 * `ms` leaves the waits out: neighbours take it for the time that a round's work takes, and wait twice as long for a
 * delta. Who limits itself is slower than its neighbours by its own choice, and they do not wait for that.
 */
export async function trainInSlices({ trainer, pacer, parameters, steps, options }: SlicedTraining) {
  let done = 0
  let ms = 0
  let lossSum = 0
  let stepMs = 0
  while (done < steps) {
    await pacer.wait()
    const size = stepMs === 0 ? 1 : Math.max(1, Math.round(SLICE_MS / stepMs))
    const slice = await trainer.train(parameters, Math.min(size, steps - done), options)
    done += slice.steps
    ms += slice.ms
    lossSum += slice.steps * slice.loss
    stepMs = ms / done
  }
  return { steps: done, loss: lossSum / done, ms }
}
