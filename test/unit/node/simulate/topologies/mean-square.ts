import { type Mixing, sendersTo } from '../../../../../node/simulate/topologies/index.ts'
import type { Random } from '../../../../../protocols/averaging/index.ts'

/** Vectors of all peers, shape [peers, length], uniform on [-1, 1). */
export function drawVectors(peers: number, length: number, random: Random): Float64Array[] {
  return Array.from({ length: peers }, () => Float64Array.from({ length }, () => 2 * random.next() - 1))
}

/** One round of averaging in float64: every receiver moves towards what it hears by the weights. */
export function mixVectors({ offsets, senders, weights }: Mixing, vectors: readonly Float64Array[]): Float64Array[] {
  return vectors.map((own, receiver) => {
    const mixed = own.slice()
    for (let e = offsets[receiver]!; e < offsets[receiver + 1]!; e++) {
      const heard = vectors[senders[e]!]!
      for (let i = 0; i < own.length; i++) mixed[i]! += weights[e]! * (heard[i]! - own[i]!)
    }
    return mixed
  })
}

export function meanOf(vectors: readonly Float64Array[]): Float64Array {
  const mean = new Float64Array(vectors[0]!.length)
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) mean[i]! += vector[i]! / vectors.length
  return mean
}

/** `sum_i |x_i - mean|^2` */
export function squaresAround(mean: Float64Array, vectors: readonly Float64Array[]): number {
  let sum = 0
  for (const vector of vectors) for (let i = 0; i < mean.length; i++) sum += (vector[i]! - mean[i]!) ** 2
  return sum
}

/** The graph as pairs "receiver hears sender", for assertions. */
export function hearings(mixing: Mixing): [receiver: number, sender: number][] {
  return Array.from({ length: mixing.offsets.length - 1 }, (_, receiver) => receiver).flatMap((receiver) => {
    return [...sendersTo(mixing, receiver)].map((sender): [number, number] => [receiver, sender])
  })
}
