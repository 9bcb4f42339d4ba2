import type { RollBackTarget, RoundOptions, RoundOutcome, Vectors } from '../vectors/index.ts'

/** Whoever diverges from the initial weights at a learning rate of a thousandth has rows that no model fits. */
const MAX_ROLL_BACKS = 10

/** Roll-backs in a row that trust the neighbours' mean: where it has diverged too, only the initial weights are left. */
const ROLL_BACKS_TO_NEIGHBOURS = 2

export type Published = Extract<RoundOutcome, { type: 'published' }>

/** The model diverges whatever the learning rate. */
export class DivergedError extends Error {
  override readonly name = 'DivergedError'
  readonly code = 'ERR_DIVERGED'

  constructor(round: number) {
    super(
      `the model diverged ${MAX_ROLL_BACKS + 1} times in round ${round}, each time at half the learning rate: look for ` +
        'values in the data that are out of all proportion, or create a run with a smaller --learning-rate'
    )
  }
}

export interface LocalTrainingInit {
  readonly vectors: Pick<Vectors, 'round' | 'rollBack'>
  /** Of the run. */
  readonly learningRate: number
  readonly onNotice: (message: string) => void
}

/** The local steps of a peer's rounds, taken back and repeated more carefully where the model diverges in them. */
export class LocalTraining {
  readonly #init: LocalTrainingInit
  /** Halved with every divergence, for the rest of the run. */
  #learningRateFactor = 1

  constructor(init: LocalTrainingInit) {
    this.#init = init
  }

  /** Local steps and the delta that they lead to. Throws DivergedError. */
  async train(round: number, options: Omit<RoundOptions, 'learningRateFactor'>): Promise<Published> {
    for (let rollBacks = 0; ; rollBacks++) {
      const outcome = await this.#init.vectors.round({ ...options, learningRateFactor: this.#learningRateFactor })
      if (outcome.type === 'published') return outcome
      if (rollBacks === MAX_ROLL_BACKS) throw new DivergedError(round)
      await this.#rollBack(round, rollBacks < ROLL_BACKS_TO_NEIGHBOURS ? 'neighbours' : 'initial')
    }
  }

  async #rollBack(round: number, to: RollBackTarget): Promise<void> {
    const { vectors, learningRate, onNotice } = this.#init
    this.#learningRateFactor /= 2
    await vectors.rollBack(to)
    onNotice(
      `the own model diverged in round ${round}: rolled back to the ` +
        `${to === 'initial' ? 'initial weights' : "neighbours' mean"}, learning rate halved to ` +
        `${learningRate * this.#learningRateFactor}`
    )
  }
}
