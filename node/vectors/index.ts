/**
 * The vectors of one peer in one run: model, momentum, own and neighbours' public copies.
 *
 * ```ts
 * const vectors = await startVectorWorker({ manifest, modelJson, initial, data: ['rows.csv'], seed: 1 })
 * await vectors.start({ from: 'initial' })
 * const outcome = await vectors.round({ steps: 8, learningRateFactor: 1, driftWeight: 1, withMomentum: true })
 * await vectors.mix([])
 * await vectors.close()
 * ```
 */
export { averagingRulesOf } from './averaging-rules.ts'
export { hashOf, LocalVectors, type LocalVectorsInit } from './local-vectors.ts'
export { localLayersOf, type PersonalTrainer, personalise } from './personal/index.ts'
export { type Rows, type RowsInit, readRows } from './rows.ts'
export { createRunTrainer } from './run-trainer.ts'
export { runVectorsInit } from './run-vectors.ts'
export { startVectorWorker, type VectorWorker, type VectorWorkerInit } from './vector-worker.ts'
export type {
  AveragedCopies,
  HeldCopy,
  ProvenVersion,
  RollBackTarget,
  RoundOptions,
  RoundOutcome,
  Start,
  Vectors,
  VersionTerm
} from './vectors.ts'
export type { WorkerReport } from './worker.ts'
