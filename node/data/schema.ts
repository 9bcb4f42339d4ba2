/** A column of numbers, encoded as one feature: `(value - centre) / scale`. */
export interface NumberColumn {
  readonly name: string
  readonly kind: 'number'
  readonly centre: number
  /** Positive. */
  readonly scale: number
}

/** A column of text, encoded as one feature a value (one-hot) and a last one for values that are not listed. */
export interface CategoryColumn {
  readonly name: string
  readonly kind: 'category'
  /** Sorted, distinct. */
  readonly values: readonly string[]
}

export type Column = NumberColumn | CategoryColumn

/** How rows become vectors. It goes into the run's manifest, so every value in it is public for ever. */
export interface TaskSchema {
  readonly kind: 'classification'
  /** The name of the column to predict. */
  readonly label: string
  /** In the order in which they are encoded. */
  readonly columns: readonly Column[]
  /** Sorted, distinct, at least two: class number `i` is `classes[i]`. */
  readonly classes: readonly string[]
}

/** How many features a row has once it is encoded. */
export function featureCount(schema: TaskSchema): number {
  return schema.columns.reduce((sum, column) => sum + columnWidth(column), 0)
}

/** How many features one column becomes. */
export function columnWidth(column: Column): number {
  return column.kind === 'number' ? 1 : column.values.length + 1
}
