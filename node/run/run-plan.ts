import type { Personalisation, RunManifest, Task, TrainingPlan } from '../../protocols/envelope/index.ts'
import type { StartingModel } from './starting-model.ts'

/** What a creator may choose. The defaults are those of ALGORITHMS 1 and of the reference results there. */
export interface RunPlan {
  readonly name: string
  /** Files or folders whose columns and classes make the schema, or must fit that of the model to start from. */
  readonly data: readonly string[]
  /** A model to start from. */
  readonly start?: StartingModel
  /** By default a classification; a label that looks like a number is refused then. */
  readonly task?: Task['kind']
  /** Column to predict; images and arrays need none. */
  readonly label?: string
  /** Classes beyond those in the files. */
  readonly classes?: readonly string[]
  /** A spec, or a path; what a model to start from brings goes before it. */
  readonly model: string
  readonly seed: number
  readonly rounds: number
  readonly localSteps: number
  readonly batch: number
  /** The local optimiser; what is left out follows from the rest (`settle-optimiser.ts`). */
  readonly optimiser?: TrainingPlan['optimiser']
  readonly momentum?: number
  readonly learningRate?: number
  readonly codec: RunManifest['averaging']['codec']
  /** Neighbours to aim for; by default as many as the rule needs. */
  readonly k?: number
  /** What neighbours may do to a model; by default the mean, which trusts them. */
  readonly rule?: RunManifest['averaging']['rule']
  /** Neighbours that may lie, with a robust rule; a quarter of k by default. */
  readonly byzantine?: number
  /** How rounds build on each other; quasi-global by default. */
  readonly momentumRule?: RunManifest['averaging']['momentum']['rule']
  /** A model of each peer's own beside the common one, or … */
  readonly personalise?: Extract<Personalisation, { rule: 'ditto' }>
  /** … layers that no peer shares. */
  readonly localLayers?: readonly string[]
  readonly checkpointEveryRounds: number
  /** Whether every checkpoint carries the signed copies that it derives from; the last one of a run does anyway. */
  readonly proof: RunManifest['checkpoint']['proof']
  readonly holdOut: number
  readonly shareMetrics: boolean
  readonly shareSamples: boolean
}

/** What is chosen alike where a run is made by hand, for a demo and for a simulation. */
export type RunChoices = Pick<
  RunPlan,
  | 'model'
  | 'rounds'
  | 'localSteps'
  | 'batch'
  | 'optimiser'
  | 'momentum'
  | 'learningRate'
  | 'codec'
  | 'k'
  | 'rule'
  | 'byzantine'
  | 'momentumRule'
  | 'personalise'
  | 'localLayers'
>

export const DEFAULT_PLAN = {
  model: 'mlp:64,32',
  seed: 1,
  rounds: 60,
  localSteps: 16,
  batch: 32,
  codec: 'int4',
  checkpointEveryRounds: 20,
  // A checkpoint with proof is as large as its cut is long, seven times the weights with k = 6, and whoever pins takes it whole.
  proof: 'none',
  holdOut: 0.2,
  shareMetrics: true,
  shareSamples: true
} as const satisfies Omit<RunPlan, 'name' | 'data' | 'label'>
