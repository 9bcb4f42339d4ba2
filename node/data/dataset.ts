import { TooFewRowsError } from './errors.ts'
import { emptyLabels, type Labels } from './labels.ts'

/**
 * The delta of a peer with a single row is that row's gradient, from which the row can be read back (Zhu et al. 2019).
 */
export const MIN_TRAINING_ROWS = 2

/** Encoded rows with their labels. */
export interface Dataset {
  /** Shape [count, featureCount], row after row. */
  readonly features: Float32Array
  /** Shape [count]. */
  readonly labels: Labels
  readonly count: number
  readonly featureCount: number
}

/** A copy of the rows at `indices`, in that order. */
export function selectRows(dataset: Dataset, indices: readonly number[]): Dataset {
  const { featureCount } = dataset
  const features = new Float32Array(indices.length * featureCount)
  const labels = emptyLabels(dataset.labels, indices.length)
  for (const [to, from] of indices.entries()) {
    features.set(dataset.features.subarray(from * featureCount, (from + 1) * featureCount), to * featureCount)
    labels[to] = dataset.labels[from]!
  }
  return { features, labels, count: indices.length, featureCount }
}

/** Throws TooFewRowsError unless there are enough rows to train on. `source`: where they come from, for the message. */
export function requireTrainable(dataset: Dataset, source: string): void {
  if (dataset.count < MIN_TRAINING_ROWS) throw new TooFewRowsError(source, dataset.count, MIN_TRAINING_ROWS)
}
