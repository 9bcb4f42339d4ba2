/**
 * Models that a peer does not share (ALGORITHMS 7), as trainers of the vector that it does share.
 *
 * ```ts
 * const personal = await personalise({ manifest, shared, initial, trainer, createTrainer })
 * const vectors = new LocalVectors({ ...init, trainer: personal ?? trainer, initial: shared.take(initial) })
 * const own = personal?.personalModel(vectors.model)
 * ```
 */
import type { RunManifest } from '../../../protocols/envelope/index.ts'
import type { SharedPart, Trainer } from '../../training/index.ts'
import { DittoTrainer } from './ditto-trainer.ts'
import { LocalHeadTrainer } from './local-head-trainer.ts'
import type { PersonalTrainer } from './personal-trainer.ts'

export { DittoTrainer } from './ditto-trainer.ts'
export { LocalHeadTrainer } from './local-head-trainer.ts'
export type { PersonalTrainer } from './personal-trainer.ts'

export interface PersonaliseInit {
  readonly manifest: Pick<RunManifest, 'personalise'>
  readonly shared: SharedPart
  /** The run's initial weights, shape [N]. */
  readonly initial: Float32Array
  /** Of the whole model; it belongs to the personal trainer from now on. */
  readonly trainer: Trainer
  /** Makes another such trainer. */
  readonly createTrainer: () => Promise<Trainer>
}

/** The trainer that the manifest's rule makes of a plain one; `undefined` in a run that shares everything. */
export async function personalise(init: PersonaliseInit): Promise<PersonalTrainer | undefined> {
  const { manifest, shared, initial, trainer, createTrainer } = init
  const { personalise: plan } = manifest
  if (plan === null) return
  if (plan.rule === 'local-head') return new LocalHeadTrainer({ whole: trainer, shared, initial })
  return new DittoTrainer({ common: trainer, own: await createTrainer(), lambda: plan.lambda })
}

/** What the manifest says must not leave. */
export function localLayersOf({ personalise: plan }: Pick<RunManifest, 'personalise'>): readonly string[] {
  return plan?.rule === 'local-head' ? plan.layers : []
}
