/** A neighbour's version as a robust rule sees it: the difference `v_j = copy - reference`, not materialised. */
export interface Neighbour {
  /** The neighbour's public copy `a_j`, shape [n], finite. */
  readonly copy: Float32Array
  /** What the receiver compares it with, `a - beta * (a - a@heardAt_j)`, shape [n]. Neighbours may share one. */
  readonly reference: Float32Array
  /** Mixing weight `s_j`, above 0; the weights of one mix sum to less than 1, the rest is the receiver's own. */
  readonly weight: number
}

/** What a rule may know of a mix beside the neighbours that are mixed. */
export interface MixContext {
  /** Step of the mixing itself. */
  readonly gamma: number
  /** Byzantine budget: neighbours that may lie. */
  readonly b: number
  /** Neighbours whose current version has been mixed before: they help to judge and are not mixed again. */
  readonly mixedBefore: readonly Neighbour[]
}

/**
 * How a peer lets its neighbours move it. Scratch belongs to the rule and is reused: a rule object serves one peer, and
 * after the first mix nothing of the length of the model is allocated.
 */
export interface RobustRule {
  /**
   * Adds `gamma * sum over S' of s_j * v_j` to `target` in place, shape [n]; which neighbours are in `S'`, and how far
   * each may pull, is what makes a rule. `target` may not be one of the neighbours' vectors.
   *
   * The order of the neighbours does not matter beyond float32 rounding.
   */
  addTo(target: Float32Array, neighbours: readonly Neighbour[], context: MixContext): void
}
