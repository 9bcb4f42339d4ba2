import { addDifferences } from './combine.ts'
import type { MixContext, Neighbour, RobustRule } from './rule.ts'

/** Trusts everybody: the identity filter. One liar among the neighbours moves the result as far as it likes. */
export class Mean implements RobustRule {
  addTo(target: Float32Array, neighbours: readonly Neighbour[], { gamma }: MixContext): void {
    addDifferences(target, neighbours, (j) => gamma * neighbours[j]!.weight)
  }
}
