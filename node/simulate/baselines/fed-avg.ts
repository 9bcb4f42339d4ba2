import type { CreateRule } from './lock-step.ts'
import { RunningMean } from './running-mean.ts'

/** A server averages everyone every round, weighted by their rows (McMahan et al. 2017, algorithm 1, all clients). */
export const fedAvg: CreateRule = (initial, rows) => {
  const mean = new RunningMean(initial.length, rows)
  const models = rows.map(() => initial)
  return {
    models,
    take: (peer, trained) => mean.add(peer, trained),
    combine: () => void models.fill(mean.take()),
    sent: initial.length,
    received: initial.length
  }
}
