/** How a round's step goes on in later rounds. The vectors have shape [n]; what is remembered is never transmitted. */
export interface Momentum {
  /**
   * Writes `r`, the point that is published and from which the mix starts, into `target`.
   *
   * `trained`: the model after the local steps from `phi`. `driftWeight`: factor on the drift `trained - phi`.
   * `isOn: false` takes the round's `mu` for 0: where a peer has no live link, momentum would multiply local drift.
   */
  aim(target: Float32Array, phi: Float32Array, trained: Float32Array, options: AimOptions): void
  /** Learns from a round that led from `phi` to `next`, mixing included. */
  follow(next: Float32Array, phi: Float32Array): void
  /** Forgets everything. */
  reset(): void
}

export interface AimOptions {
  readonly driftWeight: number
  readonly isOn: boolean
}
