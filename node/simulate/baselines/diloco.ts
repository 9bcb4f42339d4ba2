import type { CreateRule } from './lock-step.ts'
import { RunningMean } from './running-mean.ts'

/** Outer learning rate and Nesterov momentum (Douillard et al. 2023, section 3.1; ALGORITHMS 3). */
const OUTER_RATE = 0.7
const OUTER_MOMENTUM = 0.9

/**
 * All peers average their drift, weighted by their rows, and take one step of Nesterov momentum along it (DiLoCo,
 * Douillard et al. 2023, algorithm 1). A ring all-reduce passes every number on twice, less one part in n.
 */
export const diLoCo: CreateRule = (initial, rows) => {
  const mean = new RunningMean(initial.length, rows)
  const velocity = new Float32Array(initial.length)
  const models = rows.map(() => initial)
  const passedOn = (2 * (rows.length - 1) * initial.length) / rows.length
  return {
    models,
    take: (peer, trained) => mean.add(peer, trained),
    combine: () => {
      const last = models[0]!
      const next = mean.take().map((x, i) => {
        const drift = x - last[i]!
        velocity[i] = OUTER_MOMENTUM * velocity[i]! + drift
        return last[i]! + OUTER_RATE * (drift + OUTER_MOMENTUM * velocity[i]!)
      })
      models.fill(next)
    },
    sent: passedOn,
    received: passedOn
  }
}
