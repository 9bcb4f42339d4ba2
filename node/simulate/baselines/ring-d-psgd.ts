import { type CreateRule, weightedMean } from './lock-step.ts'

/**
 * Decentralised SGD on a ring (Lian et al. 2017, algorithm 1), with as many local steps between two mixings as the others
 * take: each peer takes a third of its own model and of each neighbour's (Metropolis weights of a ring).
 */
export const ringDPsgd: CreateRule = (initial, rows) => {
  const n = rows.length
  const neighbours = Math.min(2, n - 1)
  let models: readonly Float32Array[] = rows.map(() => initial)
  return {
    get models() {
      return models
    },
    combine: (trained) => {
      models = trained.map((own, i) => {
        const others = [...new Set([(i + n - 1) % n, (i + 1) % n])].filter((j) => j !== i).map((j) => trained[j]!)
        const mixed = [own, ...others]
        return weightedMean(
          mixed,
          mixed.map(() => 1 / mixed.length)
        )
      })
    },
    sent: initial.length,
    received: neighbours * initial.length
  }
}
