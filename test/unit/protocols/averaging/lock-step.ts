import { Averager, type AveragingRules, createRandom, metropolisWeight } from '../../../../protocols/averaging/index.ts'
import { vectorFrom } from './rules.ts'

export interface LockStepInit {
  readonly rules: AveragingRules
  /** Who is linked to whom, by index. */
  readonly neighbours: readonly (readonly number[])[]
  readonly length: number
  readonly seed: number
  readonly weight?: (degree: number, neighbourDegree: number) => number
  /** Quasi-global momentum, as in a round whose local steps change nothing. */
  readonly withMomentum?: boolean
  /** Own deltas that every version is said to lag behind. */
  readonly ownDeltasSince?: number
}

/** Peers that publish, absorb and mix at the same moment and do not train: what is left is the averaging. */
export class LockStep {
  readonly averagers: readonly Averager[]
  readonly #init: LockStepInit

  constructor(init: LockStepInit) {
    this.#init = init
    const { rules, neighbours, length, seed } = init
    const random = createRandom(seed)
    this.averagers = neighbours.map((_, i) => {
      return new Averager({ rules, parameters: vectorFrom(random, length), random: random.fork(i) })
    })
    neighbours.forEach((theirs, i) => {
      for (const j of theirs) this.averagers[i]!.adopt(String(j), this.averagers[j]!.copy.slice())
    })
  }

  /** Models of all peers, shape [peers, n]. */
  get models(): readonly Float32Array[] {
    return this.averagers.map(({ parameters }) => parameters)
  }

  round(): void {
    const { neighbours, weight = metropolisWeight, withMomentum = false, ownDeltasSince = 0 } = this.#init
    const deltas = this.averagers.map((each) => {
      return each.publish(withMomentum ? each.parameters.slice() : null, { driftWeight: 1, withMomentum })!
    })
    this.averagers.forEach((averager, i) => {
      const terms = neighbours[i]!.map((j) => {
        averager.absorb(String(j), deltas[j]!.payload)
        return {
          author: String(j),
          weight: weight(neighbours[i]!.length, neighbours[j]!.length),
          ownDeltasSince
        }
      })
      averager.mix(terms)
    })
  }
}

export function ring(peers: number): number[][] {
  return Array.from({ length: peers }, (_, i) => [(i + 1) % peers, (i + peers - 1) % peers])
}

export function complete(peers: number): number[][] {
  return Array.from({ length: peers }, (_, i) => Array.from({ length: peers }, (_, j) => j).filter((j) => j !== i))
}

/** `V = sum_i |phi_i - mean|^2`, in float64. */
export function variance(models: readonly Float32Array[]): number {
  const mean = meanIn64(models)
  return models.reduce((sum, model) => sum + model.reduce((part, x, i) => part + (x - mean[i]!) ** 2, 0), 0)
}

export function meanIn64(models: readonly Float32Array[]): Float64Array {
  const mean = new Float64Array(models[0]!.length)
  for (const model of models) {
    for (const [i, x] of model.entries()) mean[i]! += x / models.length
  }
  return mean
}
