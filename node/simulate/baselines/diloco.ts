import { type CreateRule, sharesOf, weightedMean } from './lock-step.ts'

/** Outer learning rate and Nesterov momentum (Douillard et al. 2023, section 3.1; ALGORITHMS 3). */
const OUTER_RATE = 0.7
const OUTER_MOMENTUM = 0.9

/**
 * All peers average their drift, weighted by their rows, and take one step of Nesterov momentum along it (DiLoCo,
 * Douillard et al. 2023, algorithm 1). A ring all-reduce passes every number on twice, less one part in n.
 */
export const diLoCo: CreateRule = (initial, rows) => {
  const shares = sharesOf(rows)
  const velocity = new Float32Array(initial.length)
  const moved = (2 * (rows.length - 1)) / rows.length
  let model = initial
  return {
    get models() {
      return rows.map(() => model)
    },
    combine: (trained) => {
      const mean = weightedMean(trained, shares)
      const last = model
      model = mean.map((x, i) => {
        const drift = x - last[i]!
        velocity[i] = OUTER_MOMENTUM * velocity[i]! + drift
        return last[i]! + OUTER_RATE * (drift + OUTER_MOMENTUM * velocity[i]!)
      })
    },
    sent: moved * initial.length,
    received: moved * initial.length
  }
}
