/** Whoever diverges from the initial weights at a learning rate of a thousandth has rows that no model fits. */
export const MAX_ROLL_BACKS = 10

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
