/** What a mix starts from: the public copies that a peer holds, its own among them, and the newest deltas of each. */
export interface HeldVersions {
  /** The peer's own public copy `a`, shape [n]. */
  readonly copy: Float32Array
  /** Own payloads, oldest first: what was published since a version was heard. */
  readonly history: readonly Uint8Array[]
  readonly views: ReadonlyMap<string, View>
}

/** A neighbour's public copy and its newest deltas, oldest first. */
export interface View {
  readonly copy: Float32Array
  readonly newest: Uint8Array[]
  /** How many deltas the holder had published when it took the newest of these. */
  heardAt: number
}

/** One neighbour's version in a mix. */
export interface MixTerm {
  readonly author: string
  /** Mixing weight `s_j`: Metropolis weight times staleness weight. */
  readonly weight: number
  /** How many own deltas were published after the version was heard (0 to 8). */
  readonly ownDeltasSince: number
  /** Deltas absorbed after the version that is meant, left out of the mix (0 to 2; more are not undone). */
  readonly newerDeltas?: number
}
