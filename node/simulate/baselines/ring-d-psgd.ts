import { meanOf } from '../../../protocols/averaging/index.ts'
import type { CreateRule } from './lock-step.ts'

/**
 * Decentralised SGD on a ring (Lian et al. 2017, algorithm 1), with as many local steps between two mixings as the others
 * take: each peer takes a third of its own model and of each neighbour's (Metropolis weights of a ring).
 */
export const ringDPsgd: CreateRule = (initial, rows) => {
  const n = rows.length
  const models = rows.map(() => initial)
  const trained = rows.map(() => initial)
  const mixedBy = (peer: number) => [...new Set([(peer + n - 1) % n, peer, (peer + 1) % n])].map((j) => trained[j]!)
  return {
    models,
    take: (peer, model) => {
      trained[peer] = model
    },
    combine: () => {
      for (const peer of models.keys()) models[peer] = meanOf(mixedBy(peer))
    },
    sent: initial.length,
    received: Math.min(2, n - 1) * initial.length
  }
}
