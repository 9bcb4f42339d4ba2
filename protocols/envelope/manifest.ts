import type { CID } from 'multiformats/cid'
import type { MomentumRule, RobustRuleName } from '../averaging/index.ts'
import { recordCid } from './content-id.ts'
import type { Codec, Extensible } from './fields.ts'
import { refuseContradictions } from './manifest-contradictions.ts'
import { manifestSchema } from './manifest-schema.ts'
import type { RecordKind } from './record-kind.ts'
import { decodeRecord, encodeRecord } from './record-kind.ts'

/** One block: larger ones hang bitswap on both Helia and Kubo (DESIGN 10). */
export const MAX_MANIFEST_BYTES = 1024 * 1024

/** A numeric column; a value x enters the model as (x - centre) / scale. */
export interface NumberColumn {
  readonly name: string
  readonly kind: 'number'
  readonly centre: number
  /** Above 0. */
  readonly scale: number
}

/** A column of categories, one-hot with a slot for what is not among `values`. */
export interface CategoryColumn {
  readonly name: string
  readonly kind: 'category'
  readonly values: readonly string[]
}

/** An image or another array of numbers in every row; each value x enters the model as (x - centre) / scale. */
export interface TensorColumn {
  readonly name: string
  readonly kind: 'tensor'
  /** Of one row, 1 to 3 sides; an image is [height, width, channels]. Row-major, so that channels lie side by side. */
  readonly shape: readonly number[]
  readonly centre: number
  /** Above 0. */
  readonly scale: number
}

export type Column = NumberColumn | CategoryColumn | TensorColumn

export interface ClassificationTask {
  readonly kind: 'classification'
  /** Name of the column to predict. */
  readonly label: string
  /** What the model sees, in this order. */
  readonly columns: readonly Column[]
  /** What the label can be, in the order of the model's outputs. */
  readonly classes: readonly string[]
}

export interface RegressionTask {
  readonly kind: 'regression'
  /** Name of the column to predict. */
  readonly label: string
  /** What the model sees, in this order. */
  readonly columns: readonly Column[]
  /** A label y is what the model's one output is trained to be as (y - centre) / scale; `scale` is above 0. */
  readonly target: { readonly centre: number; readonly scale: number }
}

/** What the model is to learn. */
export type Task = ClassificationTask | RegressionTask

/** What every peer does between two deltas. */
export interface TrainingPlan {
  readonly optimiser: 'sgd' | 'momentum' | 'adam'
  /** Of the optimiser `momentum`; 0 for the others. */
  readonly momentum: number
  readonly learningRate: number
  /** Rows in a step. */
  readonly batch: number
  /** H: steps in a round. */
  readonly localSteps: number
  /** Of classification and of regression, in this order. */
  readonly loss: 'softmax-cross-entropy' | 'mean-squared-error'
  readonly rounds: number
  /** A peer publishes at most this often, in milliseconds. */
  readonly minRoundMs: number
}

/** The constants of ALGORITHMS 1, by their names there. */
export interface AveragingPlan {
  readonly codec: Codec
  /** Links to aim for. */
  readonly k: number
  readonly momentum: {
    readonly rule: MomentumRule
    readonly mu: number
    /** Quasi-global: share of the newest step in the momentum. */
    readonly kappa: number
    /** Nesterov: DiLoCo's outer learning rate. */
    readonly outerStep?: number
  }
  readonly beta: number
  readonly gamma: number
  /** What neighbours may do to a model: all that they say, or what a robust rule lets through. */
  readonly rule: RobustRuleName
  /** Byzantine budget of a robust rule: neighbours that may lie. */
  readonly b: number
}

/**
 * What peers keep to themselves (ALGORITHMS 7). `ditto`: a second model of the peer's own, drawn to the common one by
 * `lambda`. `local-head`: the layers named, which appear in no delta and no checkpoint.
 */
export type Personalisation =
  | { readonly rule: 'ditto'; readonly lambda: number }
  | { readonly rule: 'local-head'; readonly layers: readonly string[] }

/** One training effort: an immutable DAG-CBOR block whose CID is the run's id. */
export interface RunManifest extends Extensible {
  readonly v: 1
  readonly name: string
  /** Of everything that all peers must draw alike, uint32. */
  readonly seed: number
  readonly task: Task
  /** Topology: TensorFlow.js layers `model.json`. */
  readonly model: CID
  /** The initial weights of the whole model, local layers included: everybody begins with the same. */
  readonly initial: CID
  /** SHA-256 of the initial public copy, little-endian float32: the `base` of every first chain. */
  readonly initialHash: Uint8Array
  /** Length of the shared vector: of the whole model less its local layers. */
  readonly parameterCount: number
  readonly training: TrainingPlan
  readonly averaging: AveragingPlan
  readonly checkpoint: { readonly everyRounds: number; readonly proof: 'none' | 'snapshots' }
  readonly evaluation: {
    /** Part of its rows that every peer holds out, 0 to 0.9. */
    readonly holdOut: number
    readonly metrics: readonly ('accuracy' | 'rmse' | 'loss')[]
  }
  readonly privacy: { readonly mode: 'off'; readonly epsilon?: number }
  readonly personalise: Personalisation | null
  /** What peers say about themselves beyond their deltas. */
  readonly share: { readonly metrics: boolean; readonly samples: boolean }
  readonly admission: 'open'
  /** PeerIds whose word ends the run, 38 bytes each. */
  readonly admins: readonly Uint8Array[]
  /** PeerId, 38 bytes. */
  readonly createdBy: Uint8Array
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

const MANIFEST: RecordKind<RunManifest> = {
  name: 'run manifest',
  maxBytes: MAX_MANIFEST_BYTES,
  version: 1,
  schema: manifestSchema,
  links: () => 2, // model and initial
  check: refuseContradictions
}

/** Throws `InvalidRecordError` when {@link parseManifest} would refuse it. */
export function encodeManifest(manifest: RunManifest): Uint8Array {
  return encodeRecord(MANIFEST, manifest)
}

/**
 * Reads a manifest, at most 1 MiB. What this version does not know (a privacy mode, a robust rule) is refused by name
 * rather than ignored: a peer that trains by other rules than the rest harms the run. Throws `InvalidRecordError`.
 */
export function parseManifest(bytes: Uint8Array): RunManifest {
  return decodeRecord(MANIFEST, bytes)
}

/** The run's id, of the manifest's bytes as they are stored. */
export function manifestCid(bytes: Uint8Array): CID {
  return recordCid(bytes)
}
