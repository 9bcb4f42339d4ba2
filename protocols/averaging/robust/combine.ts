import { type Addend, addAll } from '../weighted-sum.ts'
import type { Neighbour } from './rule.ts'

/**
 * `target += sum of factor(j) * (copy_j - reference_j)`, in place, without the differences themselves: a reference that
 * neighbours share is subtracted once. Neighbours with factor 0 are not read.
 */
export function addDifferences(
  target: Float32Array,
  neighbours: readonly Neighbour[],
  factor: (index: number) => number
): void {
  const addends: Addend[] = []
  const ofReference = new Map<Float32Array, number>()
  neighbours.forEach(({ copy, reference }, j) => {
    const f = factor(j)
    if (f === 0) return
    addends.push({ vector: copy, factor: f })
    ofReference.set(reference, (ofReference.get(reference) ?? 0) - f)
  })
  for (const [vector, factor] of ofReference) addends.push({ vector, factor })
  addAll(target, addends)
}
