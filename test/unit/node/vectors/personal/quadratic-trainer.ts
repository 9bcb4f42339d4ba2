import {
  type Metrics,
  type Trainer,
  TrainingDivergedError,
  type TrainOptions
} from '../../../../../node/training/index.ts'

/** Plain descent on `|parameters - target|^2 / 2`, with what a trainer may be asked to add to its gradient. */
export class QuadraticTrainer implements Trainer {
  readonly parameterCount: number
  readonly #target: Float32Array
  /** How many calls from now on diverge. */
  divergences = 0

  constructor(target: readonly number[]) {
    this.#target = Float32Array.from(target)
    this.parameterCount = target.length
  }

  async train(parameters: Float32Array, steps: number, options: TrainOptions = {}) {
    const { learningRate = 0.1, correction, proximal } = options
    for (let step = 0; step < steps; step++) {
      for (const [i, x] of parameters.entries()) {
        const pull = proximal === undefined ? 0 : proximal.lambda * (x - proximal.centre[i]!)
        parameters[i] = x - learningRate * (x - this.#target[i]! + (correction?.[i] ?? 0) + pull)
      }
    }
    if (this.divergences > 0) {
      this.divergences -= 1
      parameters.fill(Number.NaN)
      throw new TrainingDivergedError('a parameter', Number.NaN, steps, learningRate)
    }
    return { steps, loss: 0, ms: 5 }
  }

  async evaluate(parameters: Float32Array): Promise<Metrics> {
    return { n: 1, loss: parameters.reduce((sum, x, i) => sum + (x - this.#target[i]!) ** 2, 0) / 2 }
  }

  async predict(parameters: Float32Array): Promise<Float32Array> {
    return parameters.slice()
  }

  async close(): Promise<void> {}
}
