import type { Mixing } from './links.ts'

/** Who mixes whom in each round. */
export interface Topology {
  /** True when every round has the same links, so that `mixing` returns the same object. */
  readonly isStatic: boolean
  /** The links of a round, from 0, and their weights: the same for the same round, in whatever order it is asked. */
  mixing(round: number): Mixing
}

/** A graph that stays as it is. */
export function staticTopology(mixing: Mixing): Topology {
  return { isStatic: true, mixing: () => mixing }
}

/** A graph of its own for every round. */
export function changingTopology(mixing: (round: number) => Mixing): Topology {
  return { isStatic: false, mixing }
}
