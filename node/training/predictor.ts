import type { Dataset } from '../data/index.ts'
import { startEngine } from './engines.ts'
import type { Loss } from './loss.ts'
import { createTrainer } from './tensorflow-trainer.ts'
import type { Topology } from './topology.ts'
import type { Trainer } from './trainer.ts'

/** What is left of a trainer when nothing is to be trained. */
export type Predictor = Pick<Trainer, 'predict' | 'evaluate' | 'close'>

/** Starts an engine to use a model, not to train it. `rows`: what `evaluate(…, 'heldOut')` measures on. */
export async function createPredictor(topology: Topology, loss: Loss, rows?: Dataset): Promise<Predictor> {
  // A trainer wants a training row; this one is never drawn.
  const training = {
    features: new Float32Array(topology.inputs),
    labels: new Int32Array(1),
    count: 1,
    featureCount: topology.inputs
  }
  return createTrainer({
    topology,
    loss,
    training,
    ...(rows === undefined ? {} : { heldOut: rows }),
    batch: 1,
    learningRate: 1,
    optimiser: 'sgd',
    engine: await startEngine()
  })
}
