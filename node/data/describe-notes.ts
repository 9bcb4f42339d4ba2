import type { EncodingNotes } from './encode.ts'

/** Names in one sentence; the rest is counted. */
const MAX_NAMES = 12

/** What of a file did not fit the run and how it was read nevertheless: one sentence a cause, for the file's owner. */
export function describeNotes({
  ignoredColumns,
  missingColumns,
  missingLabels,
  unknownCategories,
  remarks
}: EncodingNotes): string[] {
  return [
    ...remarks,
    ...(ignoredColumns.length === 0
      ? []
      : [`columns that the run does not know are left out: ${list(ignoredColumns)}`]),
    ...(missingColumns.length === 0
      ? []
      : [`columns of the run that the file lacks count as missing in every row: ${list(missingColumns)}`]),
    ...(missingLabels === 0 ? [] : [`rows without a label are left out: ${missingLabels}`]),
    ...unknownCategories.map(
      ({ column, rows, values }) =>
        `column "${column}" has values that the run does not know, in ${rows} rows (${list(values)}): ` +
        'they count as unknown, correct them if they are mistyped'
    )
  ]
}

function list(names: readonly string[]): string {
  const more = names.length - MAX_NAMES
  const shown = names.slice(0, MAX_NAMES).map((name) => JSON.stringify(name))
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}
