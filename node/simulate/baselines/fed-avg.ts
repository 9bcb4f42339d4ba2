import { type CreateRule, sharesOf, weightedMean } from './lock-step.ts'

/** A server averages everyone every round, weighted by their rows (McMahan et al. 2017, algorithm 1, all clients). */
export const fedAvg: CreateRule = (initial, rows) => {
  const shares = sharesOf(rows)
  let models: readonly Float32Array[] = rows.map(() => initial)
  return {
    get models() {
      return models
    },
    combine: (trained) => {
      const model = weightedMean(trained, shares)
      models = rows.map(() => model)
    },
    sent: initial.length,
    received: initial.length
  }
}
