/**
 * Local training: models described by TensorFlow.js `model.json`, engines that compute, and the trainer that a peer
 * runs between two exchanges with its neighbours.
 *
 * @example
 * ```ts
 * const modelJson = encodeModelJson(buildTopology('mlp:64', 64, 10))
 * const topology = await decodeTopology(modelJson)
 * const parameters = await drawInitialWeights(topology, 1)
 * const engine = await startEngine('wasm')                       // or pure JavaScript, with a reason
 * const trainer = await createTrainer({
 *   topology, training, heldOut, batch: 32, learningRate: 0.05, optimiser: 'momentum', momentum: 0.9, engine
 * })
 * const { loss, ms } = await trainer.train(parameters, 100)      // in place
 * const { accuracy } = await trainer.evaluate(parameters, 'heldOut')
 * await trainer.close()
 * ```
 */

export { collectWeights } from './collect-weights.ts'
export { type Engine, type EngineKind, type StartEngineOptions, startEngine } from './engines.ts'
export * from './errors.ts'
export { drawInitialWeights, initialWeights } from './initial-weights.ts'
export { createLoss, type Loss, type LossKind } from './loss.ts'
export { buildTopology, encodeModelJson, isModelPath, type ModelJson, requireModelSpec } from './model-json.ts'
export { outputLayer, withPlainOutputs } from './model-outputs.ts'
export type { OptimiserKind } from './optimiser.ts'
export { adoptModel, type OwnModel, readOwnModel, requireModelFits } from './own-model.ts'
export { createPredictor, type Predictor } from './predictor.ts'
export { isObject, type JsonLayer, type JsonModel, parseJson, readModel } from './read-model.ts'
export { type ParameterLayout, SharedPart } from './shared-part.ts'
export { requireStepFits } from './step-memory.ts'
export type { Tensor, TensorFlow } from './tensorflow.ts'
export {
  createTensorFlowTrainer,
  createTrainer,
  type TensorFlowTrainer,
  type TensorFlowTrainerInit
} from './tensorflow-trainer.ts'
export {
  type Activation,
  type ConvLayer,
  type DenseLayer,
  decodeTopology,
  type LayersModelTopology,
  type PoolLayer,
  parseTopology,
  type StackLayer,
  type StackTopology,
  type Topology,
  type WeightSpec
} from './topology.ts'
export type {
  Features,
  Metrics,
  Proximal,
  Split,
  StepReport,
  Trainer,
  TrainOptions,
  TrainReport
} from './trainer.ts'
export { readManifestTensors } from './weights-manifest.ts'
