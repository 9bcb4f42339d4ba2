/**
 * From a file of rows to the vectors that a trainer eats: read, agree on a schema, encode, hold out, deal out.
 *
 * @example
 * ```ts
 * const { path, label } = SAMPLE_SETS.digits
 * const table = await readTable(path)
 * const schema = inferSchema([table], { label })
 * const dataset = encodeTable(table, schema)                     // features [1797, 64], labels [1797]
 * const { training, heldOut } = holdOut(dataset, 0.2, 1)
 * const trainingSet = selectRows(dataset, training)
 * requireTrainable(trainingSet, table.source)
 * const parts = partition(trainingSet.labels, schema.classes.length, { kind: 'dirichlet', alpha: 0.1 }, 8, 1)
 * ```
 */

export { isMissing } from './cell.ts'
export { type Dataset, MIN_TRAINING_ROWS, requireTrainable, selectRows } from './dataset.ts'
export {
  type EncodedFeatures,
  type EncodedTable,
  type EncodingNotes,
  encodeFeatures,
  encodeTable,
  type UnknownCategories
} from './encode.ts'
export * from './errors.ts'
export { holdOut, type Split, splitFraction } from './hold-out.ts'
export { type InferSchemaOptions, inferSchema } from './infer-schema.ts'
export { type PartitionScheme, partition } from './partition.ts'
export { checkTable, readTable } from './read-table.ts'
export { SAMPLE_SETS, type SampleSet } from './sample-sets.ts'
export {
  type CategoryColumn,
  type Column,
  featureCount,
  inputShape,
  type NumberColumn,
  type TaskSchema
} from './schema.ts'
export type { Table } from './table.ts'
export { writeTable } from './write-table.ts'
