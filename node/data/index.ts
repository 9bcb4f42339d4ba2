/**
 * From a file of rows to the vectors that a trainer eats: read, agree on a schema, encode, hold out, deal out.
 *
 * @example
 * ```ts
 * const { path, label } = SAMPLE_SETS.digits
 * const table = await readData(path)                             // or a folder of images, or an .npz
 * const schema = inferSchema([table], { label })
 * const dataset = encodeTable(table, schema)                     // features [1797, 64], labels [1797]
 * const { training, heldOut } = holdOut(dataset, 0.2, 1)
 * const trainingSet = selectRows(dataset, training)
 * requireTrainable(trainingSet, table.source)
 * const parts = partition(trainingSet.labels, schema.classes.length, { kind: 'dirichlet', alpha: 0.1 }, 8, 1)
 * ```
 */

export { isMissing } from './cell.ts'
export { MAX_ENCODED } from './clamp-encoded.ts'
export { type Dataset, MIN_TRAINING_ROWS, requireTrainable, selectRows } from './dataset.ts'
export { describeNotes } from './describe-notes.ts'
export {
  decodeTarget,
  type EncodedFeatures,
  type EncodedTable,
  type EncodingNotes,
  encodeFeatures,
  encodeTable,
  type UnknownCategories
} from './encode.ts'
export * from './errors.ts'
export { fingerprintOf } from './fingerprint.ts'
export { holdOut, type Split, splitFraction } from './hold-out.ts'
export { type InferSchemaOptions, inferSchema } from './infer-schema.ts'
export { LABEL_COLUMN, labelFor } from './label.ts'
export { emptyLabels, type Labels } from './labels.ts'
export type { NpyArray } from './npy.ts'
export { numbersOf } from './npy-values.ts'
export { type PartitionScheme, partition } from './partition.ts'
export { quantileBins } from './quantile-bins.ts'
export { checkData, readData } from './read-data.ts'
export { readTable } from './read-table.ts'
export { SAMPLE_SETS, type SampleSet } from './sample-sets.ts'
export {
  type CategoryColumn,
  type ClassificationTask,
  type Column,
  featureCount,
  inputShape,
  type NumberColumn,
  outputCount,
  type RegressionTask,
  type TaskSchema,
  type TensorColumn
} from './schema.ts'
export { selectTableRows, type Table } from './table.ts'
export { joinTensors, reshape } from './tensor.ts'
export { openNpz } from './unpack-npz.ts'
export { writeData } from './write-data.ts'
export { writeTable } from './write-table.ts'
