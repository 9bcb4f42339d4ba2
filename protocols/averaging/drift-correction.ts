/** Float32 in a run; float64 where an oracle looks beyond float32's rounding. */
export type Vector = Float32Array | Float64Array

/** What a neighbour's mean gradient was, as its stream tells it. */
export interface NeighbourGradient<V extends Vector> {
  /** `z_j`, shape [n]. */
  readonly gradient: V
  /** Mixing weight `w_ij`, the same at both ends of the link. */
  readonly weight: number
}

export interface DriftCorrectionInit<V extends Vector> {
  /** Where the correction is kept, shape [n], all zero; taken over. */
  readonly zeros: V
  /** Local steps `K` of a round. */
  readonly steps: number
  /** Their learning rate. */
  readonly learningRate: number
}

/**
 * K-GT, gradient tracking with local steps (Liu, Lin, Koloskova & Stich 2023, "Decentralized gradient tracking with local
 * steps", algorithm 1). Peers whose data differ drift apart in their local steps; each adds to its gradients a correction
 * `c_i` that makes its mean step that of all peers, so that the fixed point is the optimum of the sum, however unlike the
 * data are and however many the steps.
 *
 * A round: `K` local steps `x -= learningRate * (gradient + c_i)`; `measure` gives the mean corrected gradient `z_i`,
 * which is published in a stream of its own beside the delta; models mix as always; `correct` mixes what was heard:
 * `c_i += sum of w_ij * (z_j - z_i)`.
 *
 * The corrections of all peers sum to zero, and must: what one adds the other takes away. A link that is lost for a round
 * is harmless if it is lost for both ends and fatal if for one.
 */
export class DriftCorrection<V extends Vector = Float32Array> {
  readonly #steps: number
  readonly #learningRate: number
  readonly #correction: V
  readonly #gradient: V

  constructor({ zeros, steps, learningRate }: DriftCorrectionInit<V>) {
    this.#steps = steps
    this.#learningRate = learningRate
    this.#correction = zeros
    this.#gradient = zeros.slice() as V
  }

  /** `c_i`, to be added to every gradient of the local steps, shape [n]. */
  get correction(): V {
    return this.#correction
  }

  /** `z_i = (before - after) / (K * learningRate)`, shape [n]: reused in the next round, so do not hold on to it. */
  measure(before: V, after: V): V {
    const gradient = this.#gradient
    const factor = 1 / (this.#steps * this.#learningRate)
    for (let i = 0; i < gradient.length; i++) gradient[i] = factor * (before[i]! - after[i]!)
    return gradient
  }

  /**
   * `c_i += sum of w_ij * (z_j - z_i)`, over neighbours that were heard and that heard this peer.
   *
   * `own`: `z_i` as neighbours saw it: where the stream is quantised, the own public copy of it.
   */
  correct(own: V, neighbours: readonly NeighbourGradient<V>[]): void {
    const correction = this.#correction
    for (const { gradient, weight } of neighbours) {
      for (let i = 0; i < correction.length; i++) {
        correction[i] = correction[i]! + weight * (gradient[i]! - own[i]!)
      }
    }
  }
}
