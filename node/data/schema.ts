import type { ClassificationTask, Column } from '../../protocols/envelope/index.ts'

export type { CategoryColumn, Column, NumberColumn } from '../../protocols/envelope/index.ts'

/** How rows become vectors. It goes into the run's manifest, so every value in it is public for ever. */
export type TaskSchema = ClassificationTask

/** How many features a row has once it is encoded. */
export function featureCount(schema: TaskSchema): number {
  return schema.columns.reduce((sum, column) => sum + columnWidth(column), 0)
}

/** Shape of one row as a model takes it. */
export function inputShape(schema: TaskSchema): readonly number[] {
  return [featureCount(schema)]
}

/** How many features one column becomes. */
export function columnWidth(column: Column): number {
  return column.kind === 'number' ? 1 : column.values.length + 1
}
