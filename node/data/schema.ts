import type { Column, Task } from '../../protocols/envelope/index.ts'
import { sizeOf } from './tensor.ts'

export type {
  CategoryColumn,
  ClassificationTask,
  Column,
  NumberColumn,
  RegressionTask,
  TensorColumn
} from '../../protocols/envelope/index.ts'

/** How rows become vectors. It goes into the run's manifest, so every value in it is public for ever. */
export type TaskSchema = Task

/** How many features a row has once it is encoded. */
export function featureCount(schema: TaskSchema): number {
  return schema.columns.reduce((sum, column) => sum + columnWidth(column), 0)
}

/** How many outputs the model has: one a class, or the one number. */
export function outputCount(schema: TaskSchema): number {
  return schema.kind === 'classification' ? schema.classes.length : 1
}

/** How many features one column becomes. */
export function columnWidth(column: Column): number {
  if (column.kind === 'number') return 1
  return column.kind === 'tensor' ? sizeOf(column.shape) : column.values.length + 1
}

/** What one row is to a model: [height, width, channels] where images are all it sees, otherwise [featureCount]. */
export function inputShape(schema: TaskSchema): readonly number[] {
  const [column, ...others] = schema.columns
  return column?.kind === 'tensor' && others.length === 0 ? column.shape : [featureCount(schema)]
}
