import type { VirtualClock } from '../../../../node/simulate/virtual-clock.ts'
import type { Metrics, Trainer, TrainOptions, TrainReport } from '../../../../node/training/index.ts'

export interface PullTrainerInit {
  readonly clock: VirtualClock
  /** What this peer's rows would have the model be, shape [n]. */
  readonly target: Float32Array
  /** Time of one call, in milliseconds of the clock. */
  readonly trainMs: number
}

/** Trains on `|parameters - target|^2 / 2`: the same every time, in as much time as it is told to take. */
export class PullTrainer implements Trainer {
  readonly parameterCount: number
  readonly #init: PullTrainerInit
  /** How many calls from now on diverge. */
  divergences = 0

  constructor(init: PullTrainerInit) {
    this.#init = init
    this.parameterCount = init.target.length
  }

  async train(parameters: Float32Array, steps: number, { learningRate = 0 }: TrainOptions = {}): Promise<TrainReport> {
    const { clock, target, trainMs } = this.#init
    await clock.sleep(trainMs)
    const loss = this.#distance(parameters)
    for (let step = 0; step < steps; step++) {
      for (const [i, x] of parameters.entries()) parameters[i] = x + learningRate * (target[i]! - x)
    }
    if (this.divergences > 0) parameters.fill(Number.NaN)
    this.divergences = Math.max(0, this.divergences - 1)
    return { steps, loss, ms: trainMs }
  }

  async evaluate(parameters: Float32Array): Promise<Metrics> {
    return { n: 1, loss: this.#distance(parameters), accuracy: 0 }
  }

  async predict(): Promise<Float32Array> {
    return new Float32Array()
  }

  async close(): Promise<void> {}

  #distance(parameters: Float32Array): number {
    return parameters.reduce((sum, x, i) => sum + (x - this.#init.target[i]!) ** 2, 0) / 2
  }
}
