import type { Table } from './table.ts'
import { LabelNeededError } from './tensor-errors.ts'

/** What the label is called where the data give it no name: folders of images and `.npz` files. */
export const LABEL_COLUMN = 'label'

/** The column to predict: as given, or that of images and arrays. Throws LabelNeededError; `hint` ends its message. */
export function labelFor(tables: readonly Table[], given: string | undefined, hint = ''): string {
  if (given !== undefined) return given
  if (tables.every(({ tensor }) => tensor !== undefined)) return LABEL_COLUMN
  throw new LabelNeededError(tables.map(({ source }) => source).join(' '), hint)
}
