import type { RunManifest } from '../../protocols/envelope/index.ts'
import { createLoss, createTrainer, type Engine, type TensorFlowTrainer, type Topology } from '../training/index.ts'
import type { Rows } from './rows.ts'

/** A trainer on one peer's rows, as a run's manifest asks for it. Throws as `createTrainer` does. */
export function createRunTrainer(
  { task, training: plan }: Pick<RunManifest, 'task' | 'training'>,
  topology: Topology,
  { training, heldOut }: Rows,
  engine: Engine
): Promise<TensorFlowTrainer> {
  const { batch, learningRate, optimiser, momentum } = plan
  const loss = createLoss(task)
  return createTrainer({ topology, loss, training, heldOut, batch, learningRate, optimiser, momentum, engine })
}
