import type { Features, Metrics, Split, Trainer, TrainOptions, TrainReport } from '../training/index.ts'
import type { VirtualClock } from './virtual-clock.ts'

export interface TimedTrainerInit {
  readonly trainer: Trainer
  readonly clock: VirtualClock
  /** Steps taken where so many are asked for; as many by default. */
  readonly stepsOf?: (asked: number) => number
  /** Virtual time of so many steps, in milliseconds. */
  readonly msOf: (steps: number) => number
}

/** A trainer that takes as much virtual time as it is told to, however long the machine computes. */
export class TimedTrainer implements Trainer {
  readonly parameterCount: number
  readonly #init: TimedTrainerInit

  constructor(init: TimedTrainerInit) {
    this.#init = init
    this.parameterCount = init.trainer.parameterCount
  }

  async train(parameters: Float32Array, steps: number, options?: TrainOptions): Promise<TrainReport> {
    const { trainer, clock, stepsOf, msOf } = this.#init
    const taken = stepsOf?.(steps) ?? steps
    const ms = msOf(taken)
    // Asked for before the work: of several peers that train at once, the machine decides who is ready first.
    const isOver = clock.sleep(ms)
    try {
      return { ...(await clock.during(trainer.train(parameters, taken, options))), ms }
    } finally {
      await isOver
    }
  }

  evaluate(parameters: Float32Array, split: Split): Promise<Metrics> {
    return this.#init.clock.during(this.#init.trainer.evaluate(parameters, split))
  }

  predict(parameters: Float32Array, rows: Features): Promise<Float32Array> {
    return this.#init.clock.during(this.#init.trainer.predict(parameters, rows))
  }

  close(): Promise<void> {
    return this.#init.trainer.close()
  }
}
