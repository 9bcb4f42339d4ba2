import type { Trainer } from '../../training/index.ts'

/**
 * A trainer of the vector that peers share, which keeps what its owner does not share. What averages knows it as a
 * trainer and no more: nothing personal can reach a delta.
 */
export interface PersonalTrainer extends Trainer {
  /** Measures and predicts with whole models, shape [N] of the topology, such as the personal one. */
  readonly whole: Pick<Trainer, 'evaluate' | 'predict'>
  /** A copy of the owner's own model, shape [N]. `shared`: the shared vector as it stands, shape [n]. */
  personalModel(shared: Float32Array): Float32Array<ArrayBuffer>
  /** Goes on with what an earlier `personalModel` gave, shape [N]. */
  restore(model: Float32Array): void
}
